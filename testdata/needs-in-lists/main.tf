# What task definitions read is written with `for`, or comes as a list from the caller of a module. A fix names the same
# lists, so that it stays right when an element is added.
provider "aws" {
  region = "eu-west-1"
}

locals {
  files = ["common.env", "api.env"]
  keys  = ["user", "password"]
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-listed"
}

resource "aws_secretsmanager_secret" "db" {
  for_each = toset(local.keys)
  name     = "listed/${each.key}"
}

resource "aws_ssm_parameter" "flag" {
  for_each = { dark = "on", beta = "off" }
  name     = "/listed/${each.key}"
  type     = "String"
  value    = each.value
}

resource "aws_iam_role" "execution" {
  name = "listed-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_ecs_task_definition" "api" {
  family             = "api"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "api"
    image            = "nginx"
    memory           = 128
    environmentFiles = [for file in local.files : { type = "s3", value = "${aws_s3_bucket.config.arn}/${file}" }]
    secrets = concat(
      [for name, parameter in aws_ssm_parameter.flag : { name = upper(name), valueFrom = parameter.name }],
      [for key in local.keys : {
        name      = upper(key)
        valueFrom = "${aws_secretsmanager_secret.db[key].arn}:value::"
      } if key != "user"],
    )
  }])
}

resource "aws_secretsmanager_secret" "svc" {
  name = "listed/svc"
}

resource "aws_secretsmanager_secret" "other" {
  name = "listed/other"
}

module "one" {
  source = "./modules/svc"
  name   = "one"
  secrets = [
    { name = "A", valueFrom = aws_secretsmanager_secret.svc.arn },
    { name = "B", valueFrom = aws_secretsmanager_secret.other.arn },
  ]
}

module "two" {
  source  = "./modules/svc"
  name    = "two"
  secrets = []
}

module "three" {
  source  = "./modules/svc"
  name    = "three"
  secrets = [{ name = "A", valueFrom = aws_secretsmanager_secret.svc.arn }]
}
