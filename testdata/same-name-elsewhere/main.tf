# One name in two regions: a look-up through the alias of the other region finds what is there, not what is created here.
provider "aws" {
  region = "ap-northeast-1"
}

provider "aws" {
  alias  = "virginia"
  region = "us-east-1"
}

resource "aws_kms_key" "own" {}

resource "aws_kms_alias" "own" {
  name          = "alias/elsewhere"
  target_key_id = aws_kms_key.own.key_id
}

resource "aws_secretsmanager_secret" "database" {
  name       = "elsewhere/database"
  kms_key_id = aws_kms_key.own.arn
}

resource "aws_ssm_parameter" "token" {
  name  = "/elsewhere/token"
  type  = "String"
  value = "x"
}

resource "aws_ecr_repository" "app" {
  name = "elsewhere"
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/ecs/elsewhere"
}

# Through the provider of this region: what is created here.
data "aws_secretsmanager_secret" "here" {
  name       = aws_secretsmanager_secret.database.name
  depends_on = [aws_secretsmanager_secret.database]
}

data "aws_ssm_parameter" "here" {
  name       = "/elsewhere/token"
  depends_on = [aws_ssm_parameter.token]
}

data "aws_ecr_repository" "here" {
  name       = "elsewhere"
  depends_on = [aws_ecr_repository.app]
}

data "aws_cloudwatch_log_group" "here" {
  name       = "/ecs/elsewhere"
  depends_on = [aws_cloudwatch_log_group.app]
}

data "aws_kms_key" "here" {
  key_id     = "alias/elsewhere"
  depends_on = [aws_kms_alias.own]
}

data "aws_kms_alias" "here" {
  name       = "alias/elsewhere"
  depends_on = [aws_kms_alias.own]
}

# Through the provider of the other region: what another stack created there.
data "aws_secretsmanager_secret" "there" {
  provider   = aws.virginia
  name       = "elsewhere/database"
  depends_on = [aws_secretsmanager_secret.database]
}

data "aws_ssm_parameter" "there" {
  provider   = aws.virginia
  name       = "/elsewhere/token"
  depends_on = [aws_ssm_parameter.token]
}

data "aws_ecr_repository" "there" {
  provider   = aws.virginia
  name       = "elsewhere"
  depends_on = [aws_ecr_repository.app]
}

data "aws_cloudwatch_log_group" "there" {
  provider   = aws.virginia
  name       = "/ecs/elsewhere"
  depends_on = [aws_cloudwatch_log_group.app]
}

data "aws_kms_key" "there" {
  provider   = aws.virginia
  key_id     = "alias/elsewhere"
  depends_on = [aws_kms_alias.own]
}

locals {
  granted = {
    here = [
      data.aws_secretsmanager_secret.here.arn, data.aws_ssm_parameter.here.arn, data.aws_ecr_repository.here.arn,
      "${data.aws_cloudwatch_log_group.here.arn}:*", data.aws_kms_key.here.arn,
    ]
    alias = [
      aws_secretsmanager_secret.database.arn, aws_ssm_parameter.token.arn, aws_ecr_repository.app.arn,
      "${aws_cloudwatch_log_group.app.arn}:*", data.aws_kms_alias.here.target_key_arn,
    ]
    there = [
      data.aws_secretsmanager_secret.there.arn, data.aws_ssm_parameter.there.arn, data.aws_ecr_repository.there.arn,
      "${data.aws_cloudwatch_log_group.there.arn}:*", data.aws_kms_key.there.arn,
    ]
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.granted
  name     = "elsewhere-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "start" {
  for_each = local.granted
  name     = "start"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Effect = "Allow"
        Action = [
          "secretsmanager:GetSecretValue", "ssm:GetParameters", "kms:Decrypt", "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer", "logs:CreateLogStream", "logs:PutLogEvents",
        ]
        Resource = each.value
      },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.granted
  family                   = "elsewhere-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name  = "app"
    image = "${aws_ecr_repository.app.repository_url}:1"
    secrets = [
      { name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn },
      { name = "TOKEN", valueFrom = aws_ssm_parameter.token.arn },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.app.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
      }
    }
  }])
}
