# Task definitions of one block that lack a role, or of which one lacks a log group.
provider "aws" {
  region = "eu-west-1"
}

variable "replicas" {
  type    = number
  default = 2
}

resource "aws_s3_bucket" "config" {
  bucket = "config-of-web-5521"
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/acme/web"
  retention_in_days = 14
}

locals {
  desk_group = "/acme/desk"
}

resource "aws_ecs_task_definition" "web" {
  count = var.replicas

  family                   = "web-${count.index}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512

  container_definitions = jsonencode([
    {
      name      = "web"
      image     = "public.ecr.aws/docker/library/busybox:1.36"
      essential = true

      environmentFiles = [
        { type = "s3", value = "${aws_s3_bucket.config.arn}/web.env" },
      ]

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.web.name
          awslogs-region        = "eu-west-1"
          awslogs-stream-prefix = "web-${count.index}"
        }
      }
    },
  ])
}

resource "aws_secretsmanager_secret" "job" {
  for_each = toset(["daily", "weekly"])
  name     = "jobs/${each.key}"
}

module "job" {
  source   = "./modules/job"
  for_each = aws_secretsmanager_secret.job

  name    = each.key
  secrets = { TOKEN = each.value.arn }
}

module "ping" {
  source = "./modules/job"
  name   = "ping"
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

resource "aws_iam_role" "shop" {
  name               = "shop"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "shop" {
  name = "logs"
  role = aws_iam_role.shop.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/acme/*"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "shop" {
  for_each = { till = aws_cloudwatch_log_group.web.name, desk = local.desk_group }

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.shop.arn

  container_definitions = jsonencode([
    {
      name      = each.key
      image     = "public.ecr.aws/docker/library/busybox:1.36"
      essential = true

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = each.value
          awslogs-region        = "eu-west-1"
          awslogs-stream-prefix = each.key
        }
      }
    },
  ])
}
