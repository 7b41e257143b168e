provider "aws" {
  region = "ap-northeast-1"
}

locals {
  services = {
    api  = { secret = "api", cache = "api-cache" }
    mail = { secret = "mail", cache = null }
  }
  jobs = toset(["daily", "hourly", "weekly"])
}

data "aws_caller_identity" "current" {}

# A module accepts statements: that of the shop lacks one of two secrets.

module "shop" {
  source = "./role"
  name   = "shop"

  statements = {
    ReadSecrets = {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.shop["db"].arn]
    }
    Decrypt = {
      actions   = ["kms:Decrypt"]
      resources = [aws_kms_key.shop.arn]
    }
  }
}

resource "aws_secretsmanager_secret" "shop" {
  for_each   = toset(["db", "mail"])
  name       = "shop/${each.key}"
  kms_key_id = aws_kms_key.shop.arn
}

resource "aws_ecs_task_definition" "shop" {
  family             = "shop"
  execution_role_arn = module.shop.arn

  container_definitions = jsonencode([{
    name   = "shop"
    image  = "public.ecr.aws/docker/library/busybox:1.36"
    memory = 256
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.shop["db"].arn },
      { name = "MAIL", valueFrom = aws_secretsmanager_secret.shop["mail"].arn },
    ]
  }])
}

# The key's policy names the role of the shop, but not that of the jobs.

resource "aws_kms_key" "shop" {
  description = "secrets of the shop"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/admin" }
        Action    = ["kms:Create*", "kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*", "kms:ScheduleKeyDeletion"]
        Resource  = "*"
      },
      {
        Sid       = "Decrypt"
        Effect    = "Allow"
        Principal = { AWS = module.shop.arn }
        Action    = "kms:Decrypt"
        Resource  = "*"
      },
    ]
  })
}

# The role of the jobs may write to one of their log groups.

resource "aws_cloudwatch_log_group" "jobs" {
  for_each = local.jobs
  name     = "/jobs/${each.key}"
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

resource "aws_iam_role" "jobs" {
  name               = "jobs"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "jobs" {
  statement {
    sid    = "Logs"
    effect = "Allow"

    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.jobs["daily"].arn}:*"]
  }

  statement {
    sid    = "Secrets"
    effect = "Allow"

    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.shop["db"].arn]
  }

  statement {
    sid    = "Keys"
    effect = "Allow"

    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.shop.arn]
  }
}

resource "aws_iam_role_policy" "jobs" {
  name   = "jobs"
  role   = aws_iam_role.jobs.id
  policy = data.aws_iam_policy_document.jobs.json
}

resource "aws_ecs_task_definition" "jobs" {
  for_each           = local.jobs
  family             = each.key
  execution_role_arn = aws_iam_role.jobs.arn

  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/docker/library/busybox:1.36"
    memory  = 256
    secrets = [{ name = "DB", valueFrom = aws_secretsmanager_secret.shop["db"].arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.jobs[each.key].name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = each.key
      }
    }
  }])
}

# Services that have a cache read its secret, which no policy grants.

resource "aws_secretsmanager_secret" "service" {
  for_each = local.services
  name     = each.value.secret
}

resource "aws_secretsmanager_secret" "cache" {
  for_each = { for key, service in local.services : key => service if service.cache != null }
  name     = each.value.cache
}

module "service" {
  source   = "./service"
  for_each = local.services
  name     = each.key
  secret   = aws_secretsmanager_secret.service[each.key].arn
  cache    = one([for key, secret in aws_secretsmanager_secret.cache : secret.arn if key == each.key])
}

resource "aws_iam_role_policy" "service" {
  for_each = local.services
  name     = "secrets"
  role     = module.service[each.key].role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.service[each.key].arn
      },
    ]
  })
}

# The policy of the key is enough for one role, and would be for the other.

resource "aws_kms_key" "report" {
  description = "reports"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = ["kms:Describe*", "kms:Put*", "kms:Get*", "kms:List*", "kms:ScheduleKeyDeletion"]
        Resource  = "*"
      },
      {
        Sid       = "Decrypt"
        Effect    = "Allow"
        Principal = { AWS = [aws_iam_role.report["day"].arn] }
        Action    = "kms:Decrypt"
        Resource  = "*"
      },
    ]
  })
}

resource "aws_secretsmanager_secret" "report" {
  name       = "report"
  kms_key_id = aws_kms_key.report.arn
}

resource "aws_iam_role" "report" {
  for_each = toset(["day", "week"])

  name               = "report-${each.key}"
  assume_role_policy = aws_iam_role.jobs.assume_role_policy
}

resource "aws_iam_role_policy" "report" {
  for_each = aws_iam_role.report

  name = "secrets"
  role = each.value.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.report.arn }]
  })
}

resource "aws_ecs_task_definition" "report" {
  for_each = aws_iam_role.report

  family             = "report-${each.key}"
  execution_role_arn = each.value.arn
  container_definitions = jsonencode([
    {
      name    = "report"
      image   = "public.ecr.aws/docker/library/busybox:1"
      memory  = 64
      secrets = [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.report.arn }]
    },
  ])
}
