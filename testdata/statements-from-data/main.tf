# Policies whose statements are built from lists and maps, each of which lacks something.
provider "aws" {
  region = "ap-northeast-1"
}

variable "statements" {
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
  }))
  default = [
    {
      sid       = "Login"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    },
  ]
}

locals {
  services = {
    described = aws_iam_role.described.arn
    dynamic   = aws_iam_role.dynamic.arn
    input     = aws_iam_role.input.arn
    list      = aws_iam_role.list.arn
    map       = aws_iam_role.map.arn
    names     = aws_iam_role.names.arn
    shared    = aws_iam_role.shared.arn
    texts     = aws_iam_role.texts.arn
  }

  # each element is a statement
  map_statements = {
    config = { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" }
    region = { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn }
  }

  list_grants = [
    { name = "config", actions = ["s3:GetObject"], arns = ["${aws_s3_bucket.config.arn}/*"] },
    { name = "region", actions = ["s3:GetBucketLocation"], arns = [aws_s3_bucket.config.arn] },
  ]

  dynamic_statements = {
    Config = {
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.config.arn}/*"]
    }
  }

  arns_of_actions = {
    "s3:GetObject"         = ["${aws_s3_bucket.config.arn}/*"]
    "s3:GetBucketLocation" = [aws_s3_bucket.config.arn]
  }

  secret_arns = [
    aws_secretsmanager_secret.other.arn,
  ]

  # the attributes of an element cannot be invented
  described_grants = [
    { why = "everybody reads it", actions = ["s3:GetObject"], arns = ["${aws_s3_bucket.config.arn}/*"] },
    { why = "agents ask for it", actions = ["s3:GetBucketLocation"], arns = [aws_s3_bucket.config.arn] },
  ]

  # two policies use this one
  shared_statements = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" },
  ]
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_secretsmanager_secret" "app" {
  name_prefix = "app-"
}

resource "aws_secretsmanager_secret" "other" {
  name_prefix = "other-"
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

resource "aws_iam_role" "described" {
  name               = "described-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "dynamic" {
  name               = "dynamic-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "input" {
  name               = "input-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "list" {
  name               = "list-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "map" {
  name               = "map-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "names" {
  name               = "names-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "shared" {
  name               = "shared-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "texts" {
  name               = "texts-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "map" {
  name   = "start-up"
  role   = aws_iam_role.map.name
  policy = jsonencode({ Version = "2012-10-17", Statement = values(local.map_statements) })
}

resource "aws_iam_role_policy" "list" {
  name = "start-up"
  role = aws_iam_role.list.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for grant in local.list_grants : {
      Sid      = title(grant.name)
      Effect   = "Allow"
      Action   = grant.actions
      Resource = grant.arns
    }]
  })
}

data "aws_iam_policy_document" "dynamic" {
  dynamic "statement" {
    for_each = local.dynamic_statements

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role_policy" "dynamic" {
  name   = "start-up"
  role   = aws_iam_role.dynamic.name
  policy = data.aws_iam_policy_document.dynamic.json
}

data "aws_iam_policy_document" "input" {
  dynamic "statement" {
    for_each = var.statements

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role_policy" "input" {
  name   = "start-up"
  role   = aws_iam_role.input.name
  policy = data.aws_iam_policy_document.input.json
}

resource "aws_iam_role_policy" "names" {
  name = "start-up"
  role = aws_iam_role.names.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for action, arns in local.arns_of_actions : { Effect = "Allow", Action = action, Resource = arns }]
  })
}

resource "aws_iam_role_policy" "texts" {
  name = "start-up"
  role = aws_iam_role.texts.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = local.secret_arns }]
  })
}

resource "aws_iam_role_policy" "described" {
  name = "start-up"
  role = aws_iam_role.described.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for grant in local.described_grants : { Effect = "Allow", Action = grant.actions, Resource = grant.arns }]
  })
}

resource "aws_iam_role_policy" "shared" {
  name   = "start-up"
  role   = aws_iam_role.shared.name
  policy = jsonencode({ Version = "2012-10-17", Statement = flatten([local.shared_statements]) })
}

resource "aws_iam_policy" "shared" {
  name   = "others"
  policy = jsonencode({ Version = "2012-10-17", Statement = flatten([local.shared_statements]) })
}

resource "aws_ecs_task_definition" "service" {
  for_each = local.services

  family             = each.key
  execution_role_arn = each.value
  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/nginx/nginx:1.27"
    memory  = 128
    secrets = each.key == "input" ? [] : [{ name = "APP", valueFrom = aws_secretsmanager_secret.app.arn }]
    environmentFiles = each.key != "input" ? [] : [
      { type = "s3", value = "arn:aws:s3:::acme-public/input.env" },
    ]
  }])
}
