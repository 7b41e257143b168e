# Data sources that look up what this plan creates, by name, ARN or id: they are read during apply.
resource "aws_iam_role" "reader" {
  name_prefix = "reader-"
  path        = "/acme/"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_kms_key" "config" {
  description = "config"
}

resource "aws_secretsmanager_secret" "token" {
  name_prefix = "token-"
  kms_key_id  = aws_kms_key.config.arn
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

data "aws_iam_role" "reader" {
  name = aws_iam_role.reader.name
}

data "aws_kms_key" "config" {
  key_id = aws_kms_key.config.arn
}

data "aws_secretsmanager_secret" "token" {
  arn = aws_secretsmanager_secret.token.id
}

data "aws_s3_bucket" "config" {
  bucket = aws_s3_bucket.config.id
}

resource "aws_iam_role_policy" "read" {
  name = "read"
  role = data.aws_iam_role.reader.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "kms:Decrypt", Resource = [data.aws_kms_key.config.key_id, data.aws_kms_key.config.arn] },
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = data.aws_secretsmanager_secret.token.arn },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${data.aws_s3_bucket.config.arn}/${split("-", data.aws_iam_role.reader.id)[0]}/*" },
    ]
  })
}
