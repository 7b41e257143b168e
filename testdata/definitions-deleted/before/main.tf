terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "ap-northeast-1"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_ecs_cluster" "main" {
  name = "main"
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

resource "aws_iam_role" "execution" {
  name               = "execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "start" {
  name = "start"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" },
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" },
    ]
  })
}

resource "aws_cloudwatch_log_group" "app" {
  for_each = toset(["web", "kiosk"])
  name     = "/ecs/${each.key}"
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = toset(["web", "mail", "kiosk", "batch"])
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "app"
    image            = "nginx:1.27"
    essential        = true
    environmentFiles = each.key == "mail" ? [{ type = "s3", value = "arn:aws:s3:::releases/mail.env" }] : []
    logConfiguration = contains(["web", "kiosk"], each.key) ? {
      logDriver = "awslogs"
      options = {
        awslogs-group         = "/ecs/${each.key}"
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
      }
    } : null
  }])
}

resource "aws_ecs_task_definition" "digest" {
  family                   = "digest"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([{ name = "app", image = "nginx:1.27", essential = true }])
}

resource "aws_ecs_service" "app" {
  for_each        = { web = "web:1", mail = "mail:1", kiosk = "kiosk:1" }
  name            = each.key
  cluster         = aws_ecs_cluster.main.id
  task_definition = each.value
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [aws_ecs_task_definition.app, aws_iam_role_policy.start]
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  schedule_expression = "cron(0 2 * * ? *)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  for_each = toset(["batch", "digest"])
  rule     = aws_cloudwatch_event_rule.nightly.name
  arn      = aws_ecs_cluster.main.arn
  role_arn = "arn:aws:iam::123456789012:role/starter"

  ecs_target {
    task_definition_arn = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/${each.key}:1"
    launch_type         = "FARGATE"

    network_configuration {
      subnets = [aws_subnet.main.id]
    }
  }
}
