# The key of the secret is disabled, and that of the parameter, which keeps it, is deleted; the key of the file can be used.
provider "aws" {
  region = "ap-northeast-1"
}

resource "aws_iam_role" "execution" {
  name = "execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "read" {
  name = "read"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameters", "s3:GetObject", "s3:GetBucketLocation", "kms:Decrypt"]
      Resource = "*"
    }]
  })
}

resource "aws_kms_key" "secrets" {
  is_enabled = false
}

resource "aws_kms_key" "files" {
}

resource "aws_secretsmanager_secret" "database" {
  name       = "database"
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = "change-me"
}

resource "aws_ssm_parameter" "token" {
  name  = "/shop/token"
  type  = "SecureString"
  value = "change-me"

  lifecycle {
    ignore_changes = [key_id, value]
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "shop-config-123456789012"
}

resource "aws_s3_object" "env" {
  bucket     = aws_s3_bucket.config.id
  key        = "web.env"
  content    = "A=1"
  kms_key_id = aws_kms_key.files.arn
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = aws_s3_object.env.arn }]
    secrets = [
      { name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn },
      { name = "TOKEN", valueFrom = aws_ssm_parameter.token.arn },
    ]
  }])
}
