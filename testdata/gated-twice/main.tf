# A role behind one gate, and a secret behind another: a policy that names both must be off where either is.
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

variable "enabled" {
  type    = bool
  default = true
}

variable "with_mail" {
  type    = bool
  default = true
}

resource "aws_secretsmanager_secret" "mail" {
  count = var.with_mail ? 1 : 0
  name  = "gated/mail"
}

resource "aws_iam_role" "execution" {
  count              = var.enabled ? 1 : 0
  name               = "gated-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_ecs_task_definition" "web" {
  count              = var.enabled ? 1 : 0
  family             = "web"
  execution_role_arn = aws_iam_role.execution[0].arn

  container_definitions = jsonencode([{
    name    = "web"
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 128
    secrets = var.with_mail ? [{ name = "MAIL", valueFrom = aws_secretsmanager_secret.mail[0].arn }] : []
  }])
}
