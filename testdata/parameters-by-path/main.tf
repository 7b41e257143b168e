# Parameters are named by locals, as a policy and the containers write them; documents are put together by topic.
data "aws_caller_identity" "this" {}
data "aws_region" "this" {}
data "aws_partition" "this" {}

locals {
  arn_prefix = "arn:${data.aws_partition.this.partition}:ssm:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:parameter"
  app        = "ledger"
  health     = "/${local.app}"
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

resource "aws_iam_role" "ledger" {
  name               = "${local.app}-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "ledger" {
  statement {
    sid     = "Parameters"
    actions = ["ssm:GetParameters"]
    resources = [
      "${local.arn_prefix}/${local.app}/url",
    ]
  }
}

resource "aws_iam_role_policy" "ledger" {
  name   = "parameters"
  role   = aws_iam_role.ledger.name
  policy = data.aws_iam_policy_document.ledger.json
}

# SHARED is not under the path of the service, and only by chance ends in its name.
resource "aws_ecs_task_definition" "ledger" {
  family             = local.app
  execution_role_arn = aws_iam_role.ledger.arn
  container_definitions = jsonencode([{
    name        = local.app
    image       = "public.ecr.aws/docker/library/busybox:1"
    memory      = 64
    healthCheck = { command = ["CMD-SHELL", "wget -q localhost${local.health}"] }
    secrets = [
      { name = "URL", valueFrom = "${local.arn_prefix}/${local.app}/url" },
      { name = "KEY", valueFrom = "${local.arn_prefix}/${local.app}/key" },
      { name = "SALT", valueFrom = "/${local.app}/salt" },
      { name = "SHARED", valueFrom = "/shared/ledger" },
    ]
  }])
}

resource "aws_ssm_parameter" "flags" {
  name  = "/billing/prod/flags"
  type  = "String"
  value = "none"
}

resource "aws_kms_key" "billing" {
  description = "billing"
}

resource "aws_ssm_parameter" "token" {
  name   = "/billing/prod/token"
  type   = "SecureString"
  key_id = aws_kms_key.billing.arn
  value  = "set-by-hand"
}

# What every execution role needs.
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }
}

# What billing reads.
data "aws_iam_policy_document" "parameters" {
  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameters"]
    resources = [aws_ssm_parameter.flags.arn]
  }
}

data "aws_iam_policy_document" "execution" {
  source_policy_documents = [
    data.aws_iam_policy_document.base.json,
    data.aws_iam_policy_document.parameters.json,
  ]
}

resource "aws_iam_role" "billing" {
  name               = "billing-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "billing" {
  name   = "execution"
  role   = aws_iam_role.billing.name
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_ecs_task_definition" "billing" {
  family             = "billing"
  execution_role_arn = aws_iam_role.billing.arn
  container_definitions = jsonencode([{
    name   = "billing"
    image  = "public.ecr.aws/docker/library/busybox:1"
    memory = 128
    secrets = [
      { name = "FLAGS", valueFrom = aws_ssm_parameter.flags.arn },
      { name = "TOKEN", valueFrom = aws_ssm_parameter.token.arn },
    ]
  }])
}
