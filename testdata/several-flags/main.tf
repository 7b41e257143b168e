data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

variable "services" {
  type = map(object({
    db    = optional(bool, false)
    queue = optional(bool, false)
  }))
  default = {
    api    = { db = true }
    worker = { db = true, queue = true }
    cron   = { queue = true }
    static = {}
  }
}

resource "aws_secretsmanager_secret" "db" {
  name = "platform/db"
}

resource "aws_ssm_parameter" "queue" {
  name  = "/platform/queue"
  type  = "SecureString"
  value = "changeme"
}

resource "aws_iam_role" "execution" {
  for_each = var.services

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_ecs_task_definition" "service" {
  for_each = var.services

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([
    {
      name      = each.key
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = concat(
        each.value.db ? [{ name = "DB", valueFrom = aws_secretsmanager_secret.db.arn }] : [],
        !each.value.queue ? [] : [{ name = "QUEUE", valueFrom = aws_ssm_parameter.queue.arn }],
      )
    },
  ])
}

module "mail" {
  source = "./worker"

  name       = "mail"
  trust      = data.aws_iam_policy_document.assume.json
  parameters = { queue = aws_ssm_parameter.queue.arn, token = aws_secretsmanager_secret.db.arn }
}

module "push" {
  source = "./worker"

  name       = "push"
  trust      = data.aws_iam_policy_document.assume.json
  parameters = { queue = aws_ssm_parameter.queue.arn, token = aws_secretsmanager_secret.db.arn }
  tracing    = true
  with_token = false
}
