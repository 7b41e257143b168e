# Policies are made from lists and maps that are written elsewhere: names in local values and in the default of a
# variable, the empty list of one key, and what the modules of a policy and of a role are passed. Each lacks an element.
provider "aws" {
  region = "ap-northeast-1"
}

variable "parameters" {
  type    = list(string)
  default = ["shop/db"]
}

locals {
  prefixes = {
    web    = ["web", "shared"]
    worker = ["worker"]
  }

  files = {
    web    = ["web/base.env", "shared/common.env"]
    worker = ["worker/base.env", "shared/common.env"]
  }

  services = {
    desk = {
      secrets = { DB = aws_secretsmanager_secret.db.arn }
      reads   = [aws_secretsmanager_secret.db.arn]
    }
    kiosk = {
      secrets = { QUEUE = aws_secretsmanager_secret.queue.arn }
      reads   = []
    }
  }

  secret_arns = [
    aws_secretsmanager_secret.db.arn,
  ]
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

resource "aws_secretsmanager_secret" "db" {
  name = "shop/db"
}

resource "aws_secretsmanager_secret" "queue" {
  name = "shop/queue"
}

resource "aws_ssm_parameter" "shop" {
  for_each = toset(["shop/db", "shop/token"])

  name  = "/${each.key}"
  type  = "String"
  value = "-"
}

resource "aws_s3_bucket" "env" {
  bucket = "acme-shop-env"
}

resource "aws_s3_object" "env" {
  for_each = toset(flatten(values(local.files)))

  bucket  = aws_s3_bucket.env.id
  key     = each.value
  content = "A=1"
}

# The prefixes of a key, in a map of lists.
resource "aws_iam_role" "files" {
  for_each = local.files

  name               = "files-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "files" {
  for_each = local.prefixes

  statement {
    actions   = ["s3:GetObject"]
    resources = [for prefix in each.value : "${aws_s3_bucket.env.arn}/${prefix}/*"]
  }

  statement {
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.env.arn]
  }
}

resource "aws_iam_role_policy" "files" {
  for_each = local.prefixes

  name   = "files"
  role   = aws_iam_role.files[each.key].id
  policy = data.aws_iam_policy_document.files[each.key].json
}

resource "aws_ecs_task_definition" "files" {
  for_each = local.files

  family             = "files-${each.key}"
  execution_role_arn = aws_iam_role.files[each.key].arn

  container_definitions = jsonencode([{
    name             = "files-${each.key}"
    image            = "public.ecr.aws/docker/library/busybox:1"
    memory           = 64
    environmentFiles = [for file in each.value : { type = "s3", value = "${aws_s3_bucket.env.arn}/${file}" }]
  }])
}

# The empty list of a key.
resource "aws_iam_role" "service" {
  for_each = local.services

  name               = "service-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "service" {
  for_each = local.services

  name = "secrets"
  role = aws_iam_role.service[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" }],
      length(each.value.reads) == 0 ? [] : [{
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = each.value.reads
      }],
    )
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each = local.services

  family             = "service-${each.key}"
  execution_role_arn = aws_iam_role.service[each.key].arn

  container_definitions = jsonencode([{
    name    = "service-${each.key}"
    image   = "public.ecr.aws/docker/library/busybox:1"
    memory  = 64
    secrets = [for name, arn in each.value.secrets : { name = name, valueFrom = arn }]
  }])
}

# A list that a heredoc joins.
resource "aws_iam_role" "shop" {
  name               = "shop"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "shop" {
  name   = "secrets"
  role   = aws_iam_role.shop.id
  policy = <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["secretsmanager:GetSecretValue"],
      "Resource": ["${join("\", \"", local.secret_arns)}"]
    }
  ]
}
EOF
}

resource "aws_ecs_task_definition" "shop" {
  family             = "shop"
  execution_role_arn = aws_iam_role.shop.arn

  container_definitions = jsonencode([{
    name   = "shop"
    image  = "public.ecr.aws/docker/library/busybox:1"
    memory = 64
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
      { name = "QUEUE", valueFrom = aws_secretsmanager_secret.queue.arn },
    ]
  }])
}

# Names in the default of a variable.
data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "till" {
  statement {
    actions = ["ssm:GetParameters"]
    resources = [
      for name in var.parameters :
      "arn:aws:ssm:ap-northeast-1:${data.aws_caller_identity.current.account_id}:parameter/${name}"
    ]
  }
}

resource "aws_iam_role" "till" {
  name               = "till"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "till" {
  name   = "parameters"
  role   = aws_iam_role.till.id
  policy = data.aws_iam_policy_document.till.json
}

resource "aws_ecs_task_definition" "till" {
  family             = "till"
  execution_role_arn = aws_iam_role.till.arn

  container_definitions = jsonencode([{
    name    = "till"
    image   = "public.ecr.aws/docker/library/busybox:1"
    memory  = 64
    secrets = [for shop in aws_ssm_parameter.shop : { name = basename(shop.name), valueFrom = shop.arn }]
  }])
}

# A module of policies beside a role.
resource "aws_iam_role" "sync" {
  name               = "sync"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

module "sync_access" {
  source      = "./modules/access"
  role        = aws_iam_role.sync.name
  bucket_arns = []
}

resource "aws_ecs_task_definition" "sync" {
  family             = "sync"
  execution_role_arn = aws_iam_role.sync.arn

  container_definitions = jsonencode([{
    name             = "sync"
    image            = "public.ecr.aws/docker/library/busybox:1"
    memory           = 64
    environmentFiles = [{ type = "s3", value = aws_s3_object.env["web/base.env"].arn }]
  }])
}

# Roles of a module, and a policy that is attached to nothing.
module "role" {
  source   = "./modules/role"
  for_each = toset(["mail", "report"])

  name = each.key
}

resource "aws_secretsmanager_secret" "mail" {
  name = "shop/mail"
}

data "aws_iam_policy_document" "mail" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.mail.arn]
  }
}

resource "aws_iam_policy" "mail" {
  name   = "mail"
  policy = data.aws_iam_policy_document.mail.json
}

resource "aws_ecs_task_definition" "module" {
  for_each = module.role

  family             = each.key
  execution_role_arn = each.value.arn

  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/docker/library/busybox:1"
    memory  = 64
    secrets = [{ name = "MAIL", valueFrom = aws_secretsmanager_secret.mail.arn }]
  }])
}

# Names that a module makes ARNs from.
module "reader" {
  source = "./modules/role"

  name            = "reader"
  parameter_paths = ["shop/db"]
}

resource "aws_ecs_task_definition" "reader" {
  family             = "reader"
  execution_role_arn = module.reader.arn

  container_definitions = jsonencode([{
    name    = "reader"
    image   = "public.ecr.aws/docker/library/busybox:1"
    memory  = 64
    secrets = [for shop in aws_ssm_parameter.shop : { name = basename(shop.name), valueFrom = shop.arn }]
  }])
}
