data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "env" {
  bucket = "acme-env"
}

resource "aws_secretsmanager_secret" "db" {
  name = "acme/db"
}

resource "aws_secretsmanager_secret" "mail" {
  name = "acme/mail"
}

resource "aws_ssm_parameter" "queue" {
  name  = "/acme/queue"
  type  = "SecureString"
  value = "changeme"
}

resource "aws_iam_role" "execution" {
  for_each = toset(["api", "worker", "cron"])

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_ecs_task_definition" "api" {
  family                   = "api"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution["api"].arn

  container_definitions = jsonencode([
    {
      name             = "api"
      image            = "public.ecr.aws/nginx/nginx:1.27"
      essential        = true
      secrets          = [{ name = "DB", valueFrom = aws_secretsmanager_secret.db.arn }]
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.env.arn}/api.env" }]
    },
  ])
}

resource "aws_ecs_task_definition" "worker" {
  family                   = "worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution["worker"].arn

  container_definitions = jsonencode([
    {
      name      = "worker"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = [
        { name = "MAIL", valueFrom = aws_secretsmanager_secret.mail.arn },
        { name = "QUEUE", valueFrom = aws_ssm_parameter.queue.arn },
      ]
    },
  ])
}

resource "aws_ecs_task_definition" "cron" {
  family                   = "cron"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution["cron"].arn

  container_definitions = jsonencode([
    {
      name      = "cron"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = [
        { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
        { name = "QUEUE", valueFrom = aws_ssm_parameter.queue.arn },
      ]
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.env.arn}/cron.env" }]
    },
  ])
}
