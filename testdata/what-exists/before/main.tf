# What exists when a task starts, and what shows it.
provider "aws" {
  region = "ap-northeast-1"
}

locals {
  image = "public.ecr.aws/docker/library/busybox:2"
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_ecs_cluster" "main" {
  name = "exists"
}

# It may do everything that tasks start with, and create one log group.
resource "aws_iam_role" "execution" {
  name               = "exists-execution"
  assume_role_policy = local.trust

  inline_policy {
    name = "start"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameters", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "*"
      }, {
        Effect   = "Allow"
        Action   = "logs:CreateLogGroup"
        Resource = "arn:aws:logs:*:*:log-group:/exists/running:*"
      }]
    })
  }
}

# Their log driver creates the group if there is none. running's was written to before, when its role was allowed to
# create it; stuck's role never was, so that nothing shows that the group exists.
resource "aws_ecs_task_definition" "running" {
  family             = "exists-running"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name        = "app"
    image       = local.image
    memory      = 256
    environment = [{ name = "MODE", value = "test" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = "/exists/running"
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
        awslogs-create-group  = "true"
      }
    }
  }])
}

resource "aws_ecs_task_definition" "stuck" {
  family             = "exists-stuck"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name        = "app"
    image       = local.image
    memory      = 256
    environment = [{ name = "MODE", value = "test" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = "/exists/stuck"
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
        awslogs-create-group  = "true"
      }
    }
  }])
}
