# Secrets of another account: one under a key of that account's own, one under the key that AWS manages there.
provider "aws" {
  region              = "ap-northeast-1"
  allowed_account_ids = ["123456789012"]
}

provider "aws" {
  alias  = "shared"
  region = "ap-northeast-1"

  assume_role {
    role_arn = "arn:aws:iam::210987654321:role/deploy"
  }
}

resource "aws_kms_key" "shared" {
  provider    = aws.shared
  description = "What other accounts read"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::210987654321:root" }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Action = "kms:Decrypt", Resource = "*" },
    ]
  })
}

resource "aws_secretsmanager_secret" "shared" {
  for_each = {
    license = aws_kms_key.shared.arn
    token   = null
  }

  provider   = aws.shared
  name       = "shared/${each.key}"
  kms_key_id = each.value
}

resource "aws_secretsmanager_secret_version" "shared" {
  for_each = aws_secretsmanager_secret.shared

  provider      = aws.shared
  secret_id     = each.value.id
  secret_string = "x"
}

resource "aws_secretsmanager_secret_policy" "shared" {
  for_each = aws_secretsmanager_secret.shared

  provider   = aws.shared
  secret_arn = each.value.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
    }]
  })
}

resource "aws_iam_role" "execution" {
  name = "ledger-execution"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "execution" {
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [for each in aws_secretsmanager_secret.shared : each.arn]
      },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.shared.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "ledger" {
  family                   = "ledger"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name    = "ledger"
    image   = "public.ecr.aws/nginx/nginx:1.27"
    secrets = [for key, each in aws_secretsmanager_secret.shared : { name = upper(key), valueFrom = each.arn }]
  }])
}
