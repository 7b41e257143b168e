# One key encrypts a secret and a parameter of one container; its policy lets only Secrets Manager use it.

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "ledger" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "kms:Decrypt"
      Resource  = "*"
      Condition = {
        StringEquals = {
          "kms:CallerAccount" = data.aws_caller_identity.current.account_id
          "kms:ViaService"    = "secretsmanager.ap-northeast-1.amazonaws.com"
        }
      }
    }]
  })
}

resource "aws_secretsmanager_secret" "ledger" {
  name       = "ledger"
  kms_key_id = aws_kms_key.ledger.id
}

resource "aws_ssm_parameter" "ledger" {
  name   = "/ledger/token"
  type   = "SecureString"
  key_id = aws_kms_key.ledger.id
  value  = "t"
}

resource "aws_iam_role" "ledger" {
  name = "ledger"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "ledger" {
  role = aws_iam_role.ledger.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameters", "kms:Decrypt"]
      Resource = "*"
    }]
  })
}

resource "aws_ecs_task_definition" "ledger" {
  family                   = "ledger"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.ledger.arn

  container_definitions = jsonencode([{
    name  = "ledger"
    image = "docker.io/library/nginx:1.27"
    secrets = [
      { name = "PASSWORD", valueFrom = aws_secretsmanager_secret.ledger.arn },
      { name = "TOKEN", valueFrom = aws_ssm_parameter.ledger.name },
    ]
  }])
}
