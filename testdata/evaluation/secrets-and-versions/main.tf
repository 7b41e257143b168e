# Secrets with and without a version, one of them named by prefix, and what refers to them.
resource "aws_secretsmanager_secret" "database" {
  name                    = "shop/database"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret" "token" {
  name_prefix = "shop/token-"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ username = "shop", host = "db.internal" })
}

locals {
  secrets = [
    { name = "DB_USER", valueFrom = "${aws_secretsmanager_secret.database.arn}:username::" },
    { name = "TOKEN", valueFrom = aws_secretsmanager_secret.token.arn },
  ]
}

resource "terraform_data" "container" {
  input = jsonencode([{ name = "shop", secrets = local.secrets }])
}

resource "aws_iam_policy" "secrets" {
  name = "shop-secrets"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = [for secret in local.secrets : join(":", slice(split(":", secret.valueFrom), 0, 7))] },
      { Effect = "Allow", Action = "secretsmanager:DescribeSecret", Resource = "${substr(aws_secretsmanager_secret.database.arn, 0, length(aws_secretsmanager_secret.database.arn) - 6)}??????" },
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret_version.database.arn },
    ]
  })
}
