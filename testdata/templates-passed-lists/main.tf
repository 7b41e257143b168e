variable "enable_worker" {
  type    = bool
  default = true
}

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

resource "aws_secretsmanager_secret" "queue" {
  count = var.enable_worker ? 1 : 0
  name  = "queue"
}

resource "aws_cloudwatch_log_group" "worker" {
  count = var.enable_worker ? 1 : 0
  name  = "/ecs/worker"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "worker" {
  count              = var.enable_worker ? 1 : 0
  name               = "worker"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "worker" {
  count = var.enable_worker ? 1 : 0
  name  = "worker"
  role  = one(aws_iam_role.worker[*].id)
  policy = templatefile("${path.module}/templates/policy.json.tftpl", {
    secrets   = [aws_secretsmanager_secret.db.arn]
    log_group = one(aws_cloudwatch_log_group.worker[*].arn)
  })
}

resource "aws_ecs_task_definition" "worker" {
  count                    = var.enable_worker ? 1 : 0
  family                   = "worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = try(aws_iam_role.worker[0].arn, null)

  container_definitions = jsonencode([{
    name      = "worker"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
      { name = "QUEUE", valueFrom = try(aws_secretsmanager_secret.queue[0].arn, "") },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = one(aws_cloudwatch_log_group.worker[*].name)
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "worker"
      }
    }
  }])
}
