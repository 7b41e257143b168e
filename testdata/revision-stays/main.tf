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

variable "release" {
  default = "new"
}

locals {
  services = toset(["web", "kiosk", "jobs", "batch"])
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

resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::releases" },
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = ["arn:aws:s3:::releases/${var.release}/*", "arn:aws:s3:::releases/*/kiosk.env"]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.services
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
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::releases/${var.release}/${each.key}.env" }]
  }])
}

# A pipeline deploys new revisions.
resource "aws_ecs_service" "deployed" {
  for_each        = { web = 1, kiosk = 1, batch = 0 }
  name            = each.key
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.app[each.key].arn
  desired_count   = each.value
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [aws_iam_role_policy.files]

  lifecycle {
    ignore_changes = [task_definition]
  }
}

# A pipeline should name the new revision here, too.
resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  schedule_expression = "cron(0 2 * * ? *)"
}

resource "aws_cloudwatch_event_target" "jobs" {
  rule     = aws_cloudwatch_event_rule.nightly.name
  arn      = aws_ecs_cluster.main.arn
  role_arn = "arn:aws:iam::123456789012:role/starter"

  ecs_target {
    task_definition_arn = aws_ecs_task_definition.app["jobs"].arn
    launch_type         = "FARGATE"

    network_configuration {
      subnets = [aws_subnet.main.id]
    }
  }

  lifecycle {
    ignore_changes = [ecs_target[0].task_definition_arn]
  }
}
