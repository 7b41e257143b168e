# Statements that grant by tags, which the secrets, the parameter, the object and the role lack: without tags, with others in a
# map, and with those of a local value.
provider "aws" {
  region = "ap-northeast-1"
}

data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

locals {
  tags = {
    team = "payments"
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "tags-config"
}

resource "aws_s3_object" "env" {
  bucket  = aws_s3_bucket.config.bucket
  key     = "web/prod.env"
  content = "A=1"
}

resource "aws_secretsmanager_secret" "db" {
  name = "tags/db"
}

resource "aws_secretsmanager_secret" "mail" {
  name = "tags/mail"

  tags = {
    Owner = "ops"
  }
}

resource "aws_ssm_parameter" "token" {
  name  = "/tags/token"
  type  = "String"
  value = "x"
  tags  = local.tags
}

resource "aws_iam_role" "execution" {
  name               = "tags-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "execution" {
  name = "tags-start-up"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TaggedSecrets"
        Effect    = "Allow"
        Action    = "secretsmanager:GetSecretValue"
        Resource  = "*"
        Condition = { StringEquals = { "secretsmanager:ResourceTag/startup" = "true" } }
      },
      {
        Sid       = "TaggedParameters"
        Effect    = "Allow"
        Action    = "ssm:GetParameters"
        Resource  = "*"
        Condition = { StringEquals = { "aws:ResourceTag/startup" = "true" } }
      },
      {
        Sid       = "TaggedFiles"
        Effect    = "Allow"
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.config.arn}/*"
        Condition = { StringEquals = { "s3:ExistingObjectTag/startup" = "true" } }
      },
      {
        Sid       = "Locate"
        Effect    = "Allow"
        Action    = "s3:GetBucketLocation"
        Resource  = aws_s3_bucket.config.arn
        Condition = { StringEquals = { "aws:PrincipalTag/team" = "payments" } }
      },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 128
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${aws_s3_object.env.key}" }]
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
      { name = "MAIL", valueFrom = aws_secretsmanager_secret.mail.arn },
      { name = "TOKEN", valueFrom = aws_ssm_parameter.token.arn },
    ]
  }])
}
