# Roles for the services, and secrets for those that have one: the keys are the same in this plan, and by two variables.
provider "aws" {
  region = "ap-northeast-1"
}

data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

variable "services" {
  type    = set(string)
  default = ["web", "jobs"]
}

variable "secrets" {
  type    = map(string)
  default = { web = "web/db", jobs = "jobs/db" }
}

resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets
  name     = each.value
}

resource "aws_iam_role" "execution" {
  for_each           = var.services
  name               = "sets-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_ecs_task_definition" "this" {
  for_each           = var.services
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 128
    secrets = contains(keys(var.secrets), each.key) ? [{ name = "DB", valueFrom = aws_secretsmanager_secret.this[each.key].arn }] : []
  }])
}
