provider "aws" {
  region = "ap-northeast-1"
}

data "aws_caller_identity" "current" {}

module "web" {
  source = "./modules/service"
  name   = "web"

  files = [
    { bucket = "shop-settings", key = "web/.env" },
    { bucket = "shop-flags", key = "web/.env" },
  ]
}

module "jobs" {
  source   = "./modules/service"
  for_each = { mails = [], reports = [{ bucket = "shop-settings", key = "reports/.env" }] }
  name     = each.key
  files    = each.value
}

resource "aws_secretsmanager_secret" "token" {
  name = "shop/token"

  replica {
    region = "us-east-1"
  }
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id     = aws_secretsmanager_secret.token.id
  secret_string = "x"
}

resource "aws_iam_role" "sync" {
  name = "sync"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_ecs_task_definition" "sync" {
  family                   = "sync"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.sync.arn

  container_definitions = jsonencode([{
    name  = "sync"
    image = "busybox"
    secrets = [
      { name = "TOKEN", valueFrom = replace(aws_secretsmanager_secret.token.arn, "ap-northeast-1", "us-east-1") },
    ]
  }])
}
