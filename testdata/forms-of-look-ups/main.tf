# Data sources that wait for something are read during the apply. They find a parameter by its ARN, or with a version or
# label behind its name, a secret by a partial ARN, and a version by the name of its secret.
provider "aws" {
  region = "ap-northeast-1"
}

data "aws_caller_identity" "current" {}

resource "terraform_data" "ready" {
  input = "the values are there"
}

resource "aws_ssm_parameter" "token" {
  name  = "/shop/token"
  type  = "String"
  value = "made here"
}

data "aws_ssm_parameter" "this" {
  for_each = {
    name    = "/shop/mode"
    version = "/shop/mode:1"
    label   = "/shop/mode:live"
    arn     = "arn:aws:ssm:ap-northeast-1:${data.aws_caller_identity.current.account_id}:parameter/shop/mode"
    token   = aws_ssm_parameter.token.arn
  }
  name       = each.value
  depends_on = [terraform_data.ready]
}

data "aws_secretsmanager_secret" "partial" {
  arn        = "arn:aws:secretsmanager:ap-northeast-1:${data.aws_caller_identity.current.account_id}:secret:shop/db"
  depends_on = [terraform_data.ready]
}

data "aws_secretsmanager_secret_version" "this" {
  for_each = {
    name = "shop/db"
    arn  = "arn:aws:secretsmanager:ap-northeast-1:${data.aws_caller_identity.current.account_id}:secret:shop/db"
  }
  secret_id  = each.value
  depends_on = [terraform_data.ready]
}

resource "aws_iam_role" "execution" {
  for_each = toset(["literal", "reference"])

  name = "shop-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "execution" {
  for_each = {
    literal = [
      "arn:aws:ssm:ap-northeast-1:${data.aws_caller_identity.current.account_id}:parameter/shop/mode",
      "arn:aws:secretsmanager:ap-northeast-1:${data.aws_caller_identity.current.account_id}:secret:shop/db-??????",
    ]
    reference = [
      data.aws_ssm_parameter.this["version"].arn,
      data.aws_ssm_parameter.this["token"].arn,
      data.aws_secretsmanager_secret.partial.id,
    ]
  }
  role = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["ssm:GetParameters", "secretsmanager:GetSecretValue"], Resource = each.value }]
  })
}

resource "aws_ecs_task_definition" "shop" {
  for_each = aws_iam_role.execution

  family                   = "shop-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode(concat(
    [for key, parameter in data.aws_ssm_parameter.this : {
      name    = key
      image   = "public.ecr.aws/docker/library/busybox:stable"
      secrets = [{ name = "MODE", valueFrom = parameter.arn }]
    }],
    [{
      name    = "whole-from-partial"
      image   = "public.ecr.aws/docker/library/busybox:stable"
      secrets = [{ name = "DB", valueFrom = data.aws_secretsmanager_secret.partial.id }]
    }],
    [for key, version in data.aws_secretsmanager_secret_version.this : {
      name    = "whole-from-version-by-${key}"
      image   = "public.ecr.aws/docker/library/busybox:stable"
      secrets = [{ name = "DB", valueFrom = version.arn }]
    }],
  ))
}
