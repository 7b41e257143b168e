# Parameters that AWS publishes, and secrets that are read as parameters.

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_caller_identity" "current" {}

locals {
  image  = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
  secret = "arn:aws:ssm:ap-northeast-1:${data.aws_caller_identity.current.account_id}:parameter/aws/reference/secretsmanager"

  references = {
    published = { name = local.image, resource = "arn:aws:ssm:*::parameter/aws/service/*" }
    owned     = { name = local.image, resource = "arn:aws:ssm:*:${data.aws_caller_identity.current.account_id}:parameter/aws/service/*" }
    named     = { name = "arn:aws:ssm:ap-northeast-1::parameter${local.image}", resource = "arn:aws:ssm:*::parameter/aws/service/ecs/*" }
    elsewhere = { name = local.image, resource = "arn:aws:ssm:us-east-1::parameter/aws/service/*" }
    secret    = { name = "${local.secret}/${aws_secretsmanager_secret.database.name}", resource = "${local.secret}/*" }
  }
}

resource "aws_secretsmanager_secret" "database" {
  name_prefix = "database-"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = "postgres://database"
}

resource "aws_iam_role" "execution" {
  for_each = local.references

  name = "execution-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "parameters" {
  for_each = local.references

  name = "parameters"
  role = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ssm:GetParameters", Resource = each.value.resource }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.references

  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/docker/library/busybox:1.37"
    memory  = 64
    secrets = [{ name = "VALUE", valueFrom = each.value.name }]
  }])
}
