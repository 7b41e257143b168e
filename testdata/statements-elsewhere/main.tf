# Statements that are not written in the policy's block: in a file for each key, in local values, for a list that a
# module is passed; a list of calls of format(); and a secret behind a gate beside a policy that is always there.
variable "bucket" {
  type    = string
  default = "acme-settings"
}
variable "prefix" {
  type    = string
  default = "search"
}
variable "more_statements" {
  type    = list(any)
  default = []
}
variable "with_agent" {
  type    = bool
  default = true
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

# A file for each key: only that of web lacks a parameter.
locals {
  services = {
    web  = ["/web/url", "/shared/dsn"]
    jobs = ["/jobs/url"]
  }
}

resource "aws_iam_role" "service" {
  for_each           = local.services
  name               = "${each.key}-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "service" {
  for_each = local.services
  name     = "parameters"
  role     = aws_iam_role.service[each.key].id
  policy   = file("${path.module}/policies/${each.key}.json")
}

resource "aws_ecs_task_definition" "service" {
  for_each           = local.services
  family             = each.key
  execution_role_arn = aws_iam_role.service[each.key].arn
  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 256
    secrets = [for path in each.value : { name = upper(basename(path)), valueFrom = path }]
  }])
}

# Statements of a local value, joined with those of an input: a file in another directory, and no location.
locals {
  mail_statements = [
    {
      Sid      = "Files"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = "arn:aws:s3:::${var.bucket}/mails/*"
    }
  ]
}

resource "aws_iam_role" "mails" {
  name               = "mails-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "mails" {
  name = "files"
  role = aws_iam_role.mails.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.mail_statements, var.more_statements)
  })
}

resource "aws_ecs_task_definition" "mails" {
  family             = "mails"
  execution_role_arn = aws_iam_role.mails.arn
  container_definitions = jsonencode([{
    name   = "mails"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 256
    environmentFiles = [
      { type = "s3", value = "arn:aws:s3:::${var.bucket}/mails/prod.env" },
      { type = "s3", value = "arn:aws:s3:::${var.bucket}/common.env" },
    ]
  }])
}

# A module that accepts files as a list; one of its two calls passes any.
resource "aws_s3_bucket" "files" {
  bucket_prefix = "acme-files-"
}

module "orders" {
  source = "./service"
  name   = "orders"
  env_files = [
    "${aws_s3_bucket.files.arn}/orders.env",
    "${aws_s3_bucket.files.arn}/common.env",
  ]
}

module "billing" {
  source = "./service"
  name   = "billing"
}

# A list with a call of format(); and a secret that is not always there.
resource "aws_ssm_parameter" "license" {
  name  = "/shared/license"
  type  = "SecureString"
  value = "-"
}

resource "aws_secretsmanager_secret" "agent" {
  count       = var.with_agent ? 1 : 0
  name_prefix = "agent-"
}

resource "aws_iam_role" "search" {
  name               = "search-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "search" {
  name = "parameters"
  role = aws_iam_role.search.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "ssm:GetParameters"
      Resource = [
        format("arn:aws:ssm:*:*:parameter/%s/*", var.prefix)
      ]
    }]
  })
}

resource "aws_ecs_task_definition" "search" {
  family             = "search"
  execution_role_arn = aws_iam_role.search.arn
  container_definitions = jsonencode([{
    name    = "search"
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 256
    secrets = [{ name = "LICENSE", valueFrom = aws_ssm_parameter.license.arn }]
  }])
}

resource "aws_iam_role" "crawler" {
  name               = "crawler-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "crawler" {
  name = "logs"
  role = aws_iam_role.crawler.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*" }]
  })
}

resource "aws_ecs_task_definition" "crawler" {
  family             = "crawler"
  execution_role_arn = aws_iam_role.crawler.arn
  container_definitions = jsonencode([{
    name    = "crawler"
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 256
    secrets = var.with_agent ? [{ name = "AGENT", valueFrom = aws_secretsmanager_secret.agent[0].arn }] : []
  }])
}
