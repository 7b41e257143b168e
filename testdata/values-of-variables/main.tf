# Fargate platform versions that variables have: by their defaults, and by a .tfvars file.
provider "aws" {
  region = "eu-west-1"
}

variable "platform_version" {
  description = "Platform version of web."
  type        = string
  default     = "1.3.0"
}

variable "versions" {
  description = "Platform versions of services."
  type        = map(string)
  default = {
    till = "1.1.0"
    desk = "1.4.0"
  }
}

variable "jobs" {
  description = "Settings of jobs."
  type = object({
    platform_version = string
    desired_count    = number
  })
}

locals {
  platform_versions = {
    web  = var.platform_version
    till = var.versions["till"]
    desk = var.versions["desk"]
    jobs = var.jobs.platform_version
  }
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

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({ password = "set-by-hand" })

  lifecycle {
    ignore_changes = [secret_string]
  }
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

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.db.arn]
  }
}

resource "aws_iam_role" "execution" {
  name               = "execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "execution" {
  name   = "secret"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_ecs_task_definition" "app" {
  family                   = "app"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name      = "app"
      image     = "public.ecr.aws/docker/library/busybox:1.36"
      essential = true
      secrets   = [{ name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.db.arn}:password::" }]
    },
  ])
}

resource "aws_ecs_service" "app" {
  for_each = local.platform_versions

  name             = each.key
  cluster          = aws_ecs_cluster.main.id
  task_definition  = aws_ecs_task_definition.app.arn
  desired_count    = 1
  launch_type      = "FARGATE"
  platform_version = each.value

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [aws_iam_role_policy.execution, aws_secretsmanager_secret_version.db]
}
