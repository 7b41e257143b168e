# Thirty services of one block, whose roles are allowed to write logs and nothing else: each lacks three permissions.
provider "aws" {
  region = "ap-northeast-1"
}

locals {
  services = toset([for number in range(30) : format("svc%02d", number)])
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config-of-thirty"
}

resource "aws_s3_object" "env" {
  for_each = local.services

  bucket  = aws_s3_bucket.config.id
  key     = "${each.key}/prod.env"
  content = "MODE=prod"
}

resource "aws_secretsmanager_secret" "database" {
  name = "thirty/database"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = "not-a-real-one"
}

resource "aws_ssm_parameter" "mode" {
  for_each = local.services

  name  = "/thirty/${each.key}/mode"
  type  = "String"
  value = "prod"
}

resource "aws_cloudwatch_log_group" "services" {
  name = "/ecs/thirty"
}

resource "aws_iam_role" "exec" {
  for_each = local.services

  name = "${each.key}-execution"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "exec" {
  for_each = local.services

  name = "write-logs"
  role = aws_iam_role.exec[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.services.arn}:*"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "svc" {
  for_each = local.services

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.exec[each.key].arn

  container_definitions = jsonencode([{
    name      = "app"
    image     = "public.ecr.aws/docker/library/nginx:1.27"
    essential = true
    environmentFiles = [
      { type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}/prod.env" },
    ]
    secrets = [
      { name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn },
      { name = "MODE", valueFrom = aws_ssm_parameter.mode[each.key].arn },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.services.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "svc"
      }
    }
  }])
}
