provider "aws" {
  alias  = "us"
  region = "us-east-1"
}

locals {
  prefix = "acme"
}

resource "aws_kms_key" "us" {
  provider    = aws.us
  description = "parameters"
}

resource "aws_ssm_parameter" "license" {
  provider = aws.us
  name     = "/${local.prefix}/license"
  type     = "SecureString"
  key_id   = aws_kms_key.us.arn
  value    = "by hand"
}

resource "aws_secretsmanager_secret" "db" {
  name_prefix = "${local.prefix}-db-"
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

resource "aws_iam_role" "exec" {
  name               = "${local.prefix}-exec"
  path               = "/services/"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "exec" {
  name = "${local.prefix}-exec"
  path = "/services/"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for arn in [aws_secretsmanager_secret.db.arn] : {
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = arn
        }
      ],
      [
        merge({ Effect = "Allow" }, { Action = ["ecr:GetAuthorizationToken"], Resource = "*" }),
      ]
    )
  })
}

resource "aws_iam_role_policy_attachment" "exec" {
  role       = aws_iam_role.exec.name
  policy_arn = aws_iam_policy.exec.arn
}

resource "aws_ecs_task_definition" "app" {
  family                   = "${local.prefix}-app"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.exec.arn

  container_definitions = jsonencode([{
    name      = "app"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
      { name = "LICENSE", valueFrom = aws_ssm_parameter.license.arn },
    ]
  }])
}
