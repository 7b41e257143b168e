# Policies that are read from files: one with literals only, a template that lacks a variable, a file that two roles share and
# of which one lacks something, a misspelled bucket, a boundary and a trust policy.
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

resource "aws_s3_bucket" "config" {
  bucket = "acme-quotes-config"
}

resource "aws_secretsmanager_secret" "db" {
  name = "quotes/db"
}

resource "aws_secretsmanager_secret" "key" {
  name = "quotes/key"
}

resource "aws_iam_role" "literal" {
  name               = "literal"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "literal" {
  name   = "start-up"
  role   = aws_iam_role.literal.id
  policy = file("${path.module}/policies/literal.json")
}

resource "aws_ecs_task_definition" "literal" {
  family             = "literal"
  execution_role_arn = aws_iam_role.literal.arn

  container_definitions = jsonencode([{
    name   = "literal"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    secrets = [
      { name = "A", valueFrom = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/literal/a" },
      { name = "B", valueFrom = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/literal/b" },
    ]
  }])
}

resource "aws_iam_role" "template" {
  name               = "template"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "template" {
  name = "start-up"
  role = aws_iam_role.template.id
  policy = templatefile("${path.module}/policies/template.json.tftpl", {
    bucket_arn = aws_s3_bucket.config.arn
    db_arn     = aws_secretsmanager_secret.db.arn
  })
}

resource "aws_ecs_task_definition" "template" {
  family             = "template"
  execution_role_arn = aws_iam_role.template.arn

  container_definitions = jsonencode([{
    name   = "template"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
      { name = "KEY", valueFrom = aws_secretsmanager_secret.key.arn },
    ]
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/prod.env" }]
  }])
}

resource "aws_iam_role" "shared" {
  name               = "shared"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role" "sharing" {
  name               = "sharing"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "shared" {
  name   = "start-up"
  role   = aws_iam_role.shared.id
  policy = file("${path.module}/policies/shared.json")
}

resource "aws_iam_role_policy" "sharing" {
  name   = "start-up"
  role   = aws_iam_role.sharing.id
  policy = file("policies/shared.json")
}

resource "aws_ecs_task_definition" "shared" {
  family             = "shared"
  execution_role_arn = aws_iam_role.shared.arn

  container_definitions = jsonencode([{
    name   = "shared"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    secrets = [
      { name = "A", valueFrom = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/shared/a" },
    ]
  }])
}

resource "aws_ecs_task_definition" "sharing" {
  family             = "sharing"
  execution_role_arn = aws_iam_role.sharing.arn

  container_definitions = jsonencode([{
    name   = "sharing"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    secrets = [
      { name = "A", valueFrom = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/sharing/a" },
    ]
  }])
}

resource "aws_iam_role" "misspelled" {
  name               = "misspelled"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "misspelled" {
  name   = "start-up"
  role   = aws_iam_role.misspelled.id
  policy = file("${path.module}/policies/misspelled.json")
}

resource "aws_ecs_task_definition" "misspelled" {
  family             = "misspelled"
  execution_role_arn = aws_iam_role.misspelled.arn

  container_definitions = jsonencode([{
    name             = "misspelled"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 128
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/prod.env" }]
  }])
}

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = file("${path.module}/policies/boundary.json")
}

resource "aws_iam_role" "bounded" {
  name                 = "bounded"
  assume_role_policy   = data.aws_iam_policy_document.ecs.json
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "bounded" {
  name = "parameters"
  role = aws_iam_role.bounded.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "ssm:GetParameters"
      Resource = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/bounded/a"
    }]
  })
}

resource "aws_ecs_task_definition" "bounded" {
  family             = "bounded"
  execution_role_arn = aws_iam_role.bounded.arn

  container_definitions = jsonencode([{
    name   = "bounded"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    secrets = [
      { name = "A", valueFrom = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/bounded/a" },
    ]
  }])
}

resource "aws_iam_role" "trusted" {
  name               = "trusted"
  assume_role_policy = file("${path.module}/policies/trust.json")
}

resource "aws_ecs_task_definition" "trusted" {
  family             = "trusted"
  execution_role_arn = aws_iam_role.trusted.arn

  container_definitions = jsonencode([{
    name   = "trusted"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
  }])
}
