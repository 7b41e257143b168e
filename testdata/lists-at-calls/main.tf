# Each environment has a role and a task definition by modules, and what the call of one lists, the other has to be
# passed. The stage has no secrets. The policy of the report is a module's output; the audit may be left out.
provider "aws" {
  region = "eu-west-1"
}

locals {
  environments = {
    dev   = { secrets = ["db"] }
    prod  = { secrets = ["db", "cache"] }
    stage = { secrets = [] }
  }
  secrets = merge([
    for env, it in local.environments : {
      for name in it.secrets : "${env}/${name}" => { env = env, name = name }
    }
  ]...)
  job_secrets = {
    for env, it in local.environments : env => { TOKEN = aws_secretsmanager_secret.job[env].arn } if env != "stage"
  }
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.secrets
  name     = "shop/${each.key}"
}

module "iam" {
  source   = "./modules/iam"
  for_each = local.environments

  name = "shop-${each.key}"
}

module "task" {
  source   = "./modules/task"
  for_each = local.environments

  name               = "shop-${each.key}"
  execution_role_arn = module.iam[each.key].role_arn
  secrets            = { for name in each.value.secrets : upper(name) => aws_secretsmanager_secret.this["${each.key}/${name}"].arn }
}

resource "aws_secretsmanager_secret" "job" {
  for_each = local.environments
  name     = "shop/${each.key}/job"
}

module "job_iam" {
  source   = "./modules/iam"
  for_each = local.job_secrets

  name = "job-${each.key}"
}

module "job" {
  source   = "./modules/task"
  for_each = local.job_secrets

  name               = "job-${each.key}"
  execution_role_arn = module.job_iam[each.key].role_arn
  secrets            = local.job_secrets[each.key]
}

module "policies" {
  source = "./modules/policies"

  secret_arns = [aws_secretsmanager_secret.job["dev"].arn]
}

resource "aws_iam_role" "report" {
  name               = "report"
  assume_role_policy = module.policies.trust_json
}

resource "aws_iam_role_policy" "report" {
  name   = "start-up"
  role   = aws_iam_role.report.id
  policy = module.policies.execution_json
}

module "report" {
  source = "./modules/task"

  name               = "report"
  execution_role_arn = aws_iam_role.report.arn
  secrets            = { TOKEN = aws_secretsmanager_secret.job["stage"].arn }
}

variable "audit" {
  type    = bool
  default = true
}

resource "aws_secretsmanager_secret" "audit" {
  count = var.audit ? 1 : 0
  name  = "shop/audit"
}

resource "aws_secretsmanager_secret" "mail" {
  count = var.audit ? 1 : 0
  name  = "shop/mail"
}

resource "aws_iam_role" "audit" {
  count = var.audit ? 1 : 0

  name               = "audit"
  assume_role_policy = module.policies.trust_json
}

resource "aws_iam_role_policy" "audit" {
  count = var.audit ? 1 : 0

  name = "start-up"
  role = aws_iam_role.audit[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.audit[0].arn]
      },
    ]
  })
}

module "audit" {
  source = "./modules/task"
  count  = var.audit ? 1 : 0

  name               = "audit"
  execution_role_arn = aws_iam_role.audit[0].arn
  secrets            = { AUDIT = aws_secretsmanager_secret.audit[0].arn, MAIL = aws_secretsmanager_secret.mail[0].arn }
}
