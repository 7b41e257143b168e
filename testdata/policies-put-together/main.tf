# Policies as teams put them together: documents that are merged, one policy of two roles, joined documents of count.
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "files" {
  bucket = "acme-put-together"
}

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

resource "aws_secretsmanager_secret" "mail" {
  name = "mail"
}

# The secret belongs into the document of the secrets.
data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.db.arn]
  }
}

data "aws_iam_policy_document" "shop" {
  source_policy_documents = [data.aws_iam_policy_document.secrets.json]

  statement {
    actions = [
      "s3:GetObject",
    ]
    resources = [
      "arn:aws:s3:::${aws_s3_bucket.files.id}/shop/*",
    ]
  }
}

resource "aws_iam_role" "shop" {
  name               = "shop-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "shop" {
  role   = aws_iam_role.shop.id
  policy = data.aws_iam_policy_document.shop.json
}

resource "aws_ecs_task_definition" "shop" {
  family             = "shop"
  execution_role_arn = aws_iam_role.shop.arn
  container_definitions = jsonencode([{
    name             = "shop"
    image            = "public.ecr.aws/nginx/nginx:1.27"
    memory           = 64
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.files.arn}/shop/prod.env" }]
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
      { name = "MAIL", valueFrom = aws_secretsmanager_secret.mail.arn },
    ]
  }])
}

# Both roles lack the same.
resource "aws_iam_role" "web" {
  name               = "web-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role" "job" {
  name               = "job-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_policy" "secrets" {
  name = "read-secrets"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Action   = ["secretsmanager:GetSecretValue"]
        Effect   = "Allow"
        Resource = local.arns["db"]
      },
    ]
  })
}

locals {
  arns = { db = aws_secretsmanager_secret.db.arn, mail = aws_secretsmanager_secret.mail.arn }
}

resource "aws_iam_role_policy_attachment" "secrets" {
  for_each   = { web = aws_iam_role.web.name, job = aws_iam_role.job.name }
  role       = each.value
  policy_arn = aws_iam_policy.secrets.arn
}

resource "aws_ecs_task_definition" "both" {
  for_each           = { web = aws_iam_role.web.arn, job = aws_iam_role.job.arn }
  family             = each.key
  execution_role_arn = each.value
  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/nginx/nginx:1.27"
    memory  = 64
    secrets = [for name, arn in local.arns : { name = upper(name), valueFrom = arn }]
  }])
}

variable "enabled" {
  type    = bool
  default = true
}

variable "paths" {
  type    = list(string)
  default = ["/put-together/one", "/put-together/two"]
}

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

resource "aws_iam_role" "gated" {
  count              = var.enabled ? 1 : 0
  name               = "gated-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "gated" {
  count = var.enabled ? 1 : 0

  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "gated" {
  count  = var.enabled ? 1 : 0
  role   = join("", aws_iam_role.gated[*].id)
  policy = join("", data.aws_iam_policy_document.gated[*].json)
}

resource "aws_ecs_task_definition" "gated" {
  count              = var.enabled ? 1 : 0
  family             = "gated"
  execution_role_arn = join("", aws_iam_role.gated[*].arn)
  container_definitions = jsonencode([{
    name    = "gated"
    image   = "public.ecr.aws/nginx/nginx:1.27"
    memory  = 64
    secrets = [for path in var.paths : { name = upper(basename(path)), valueFrom = "arn:aws:ssm:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:parameter${path}" }]
  }])
}

# What the module's role lacks of its callers' buckets comes by an input, what it has as a map by that.
module "service" {
  source   = "./service"
  for_each = { api = ["token", "key"], admin = ["token"] }

  name    = each.key
  file    = "${aws_s3_bucket.files.arn}/${each.key}.env"
  secrets = { for one in each.value : one => aws_secretsmanager_secret.services["${each.key}-${one}"].arn }
}

resource "aws_secretsmanager_secret" "services" {
  for_each = toset(["api-token", "api-key", "admin-token"])
  name     = each.key
}
