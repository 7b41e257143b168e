# Conditions and patterns that decide although what they test is known only when a task starts.
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

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  endpoint = { "aws:SourceVpce" = "vpce-0123456789abcdef0" }
  day      = { "aws:CurrentTime" = "2020-02-29T00:00:00Z" }
  secrets  = { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = "*" }
  statements = {
    # Through the endpoint it is denied, otherwise not allowed.
    web = [
      { Effect = "Allow", Action = "s3:Get*", Resource = "*", Condition = { StringEquals = local.endpoint } },
      { Effect = "Deny", Action = "s3:GetObject", Resource = "*", Condition = { StringEquals = local.endpoint } },
    ]
    # It is allowed in either way.
    jobs = [
      { Effect = "Allow", Action = "s3:Get*", Resource = "*", Condition = { StringEquals = local.endpoint } },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "*", Condition = { StringNotEquals = local.endpoint } },
    ]
    # No task starts on that day any more.
    batch = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "*", Condition = { DateNotEquals = local.day } },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "*", Condition = { DateEquals = local.day } },
    ]
    mail = [
      local.secrets,
      { Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Condition = { StringEquals = { "kms:KeyOrigin" = "AWS_KMS" } } },
    ]
    desk = [
      local.secrets,
      { Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Condition = { StringEquals = { "kms:KeyOrigin" = "EXTERNAL" } } },
    ]
    # The new key has an id of its own.
    till = [
      local.secrets,
      { Effect = "Allow", Action = "kms:Decrypt", Resource = "*" },
      { Effect = "Deny", Action = "kms:*", Resource = "arn:aws:kms:*:*:key/0987dcba-09fe-87dc-65ba-ab0987654321*" },
    ]
  }
}

resource "aws_iam_role" "execution" {
  for_each           = local.statements
  name               = each.key
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "start" {
  for_each = local.statements
  name     = "start"
  role     = aws_iam_role.execution[each.key].name
  policy   = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_kms_key" "secrets" {
}

resource "aws_secretsmanager_secret" "database" {
  name       = "database"
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = "changeme"
}

resource "aws_ecs_task_definition" "file" {
  for_each                 = toset(["web", "jobs", "batch"])
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name             = "app"
    image            = "nginx:1.27"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::decided-files/${each.key}.env" }]
  }])
}

resource "aws_ecs_task_definition" "secret" {
  for_each                 = toset(["mail", "desk", "till"])
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name    = "app"
    image   = "nginx:1.27"
    secrets = [{ name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn }]
  }])
}
