provider "aws" {
  region = "ap-northeast-1"
}

data "aws_region" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    effect = "Allow"

    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# A condition lets only Secrets Manager use the key.

resource "aws_kms_key" "ledger" {
  description = "ledger"
}

resource "aws_secretsmanager_secret" "ledger" {
  name       = "ledger"
  kms_key_id = aws_kms_key.ledger.arn
}

resource "aws_ssm_parameter" "ledger" {
  name   = "/ledger/token"
  type   = "SecureString"
  key_id = aws_kms_key.ledger.arn
  value  = "t"
}

resource "aws_iam_role" "ledger" {
  name               = "ledger"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "ledger" {
  statement {
    effect = "Allow"

    actions = ["secretsmanager:GetSecretValue", "ssm:GetParameters"]

    resources = [aws_secretsmanager_secret.ledger.arn, aws_ssm_parameter.ledger.arn]
  }

  statement {
    effect = "Allow"

    actions = ["kms:Decrypt"]

    resources = [aws_kms_key.ledger.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "ledger" {
  name   = "ledger"
  role   = aws_iam_role.ledger.id
  policy = data.aws_iam_policy_document.ledger.json
}

resource "aws_ecs_task_definition" "ledger" {
  family             = "ledger"
  execution_role_arn = aws_iam_role.ledger.arn

  container_definitions = jsonencode([{
    name   = "ledger"
    image  = "public.ecr.aws/docker/library/busybox:1"
    memory = 64

    secrets = [
      { name = "PASSWORD", valueFrom = aws_secretsmanager_secret.ledger.arn },
      { name = "TOKEN", valueFrom = aws_ssm_parameter.ledger.arn },
    ]
  }])
}

# Roles without a policy.

locals {
  teams = toset(["blue", "red"])
}

resource "aws_secretsmanager_secret" "team" {
  for_each = local.teams

  name = "team/${each.key}"
}

resource "aws_iam_role" "team" {
  for_each = local.teams

  name               = "team-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_ecs_task_definition" "team" {
  for_each = local.teams

  family             = "team-${each.key}"
  execution_role_arn = aws_iam_role.team[each.key].arn

  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/docker/library/busybox:1"
    memory  = 64
    secrets = [{ name = "PASSWORD", valueFrom = aws_secretsmanager_secret.team[each.key].arn }]
  }])
}

# Each secret is created after the other role's policy.

resource "aws_secretsmanager_secret" "till" {
  name       = "till"
  depends_on = [aws_iam_role_policy.cash]
}

resource "aws_secretsmanager_secret" "cash" {
  name       = "cash"
  depends_on = [aws_iam_role_policy.till]
}

resource "aws_iam_role" "till" {
  name               = "till"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "cash" {
  name               = "cash"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "till" {
  statement {
    effect = "Allow"

    actions = ["ssm:GetParameters"]

    resources = ["arn:aws:ssm:ap-northeast-1:123456789012:parameter/till"]
  }
}

data "aws_iam_policy_document" "cash" {
  statement {
    effect = "Allow"

    actions = ["ssm:GetParameters"]

    resources = ["arn:aws:ssm:ap-northeast-1:123456789012:parameter/cash"]
  }
}

resource "aws_iam_role_policy" "till" {
  name   = "till"
  role   = aws_iam_role.till.id
  policy = data.aws_iam_policy_document.till.json
}

resource "aws_iam_role_policy" "cash" {
  name   = "cash"
  role   = aws_iam_role.cash.id
  policy = data.aws_iam_policy_document.cash.json
}

resource "aws_ecs_task_definition" "shop" {
  for_each = {
    till = { role = aws_iam_role.till.arn, secret = aws_secretsmanager_secret.till.arn }
    cash = { role = aws_iam_role.cash.arn, secret = aws_secretsmanager_secret.cash.arn }
  }

  family             = each.key
  execution_role_arn = each.value.role

  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/docker/library/busybox:1"
    memory  = 64
    secrets = [{ name = "PASSWORD", valueFrom = each.value.secret }]
  }])
}
