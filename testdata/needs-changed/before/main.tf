module "image" {
  source = "./service"
  name   = "image"

}

module "secret" {
  source = "./service"
  name   = "secret"

}

module "first" {
  source = "./service"
  name   = "first"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
}

module "moving" {
  source = "./service"
  name   = "moving"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
  grants  = { "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf" = ["secretsmanager:GetSecretValue"] }
}

module "trusted" {
  source = "./service"
  name   = "trusted"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
  grants  = { "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf" = ["secretsmanager:GetSecretValue"] }
}

module "elsewhere" {
  source = "./service"
  name   = "elsewhere"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
  grants  = { "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf" = ["secretsmanager:GetSecretValue"] }
}

module "more" {
  source = "./service"
  name   = "more"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
}

# Its log group is deleted.
module "logs" {
  source = "./service"
  name   = "logs"

  log_group = "/services/logs"
  grants    = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
}

resource "aws_cloudwatch_log_group" "logs" {
  name = "/services/logs"
}

# Its log group is replaced by one of another name.
module "renamed" {
  source = "./service"
  name   = "renamed"

  log_group = "/services/renamed"
  grants    = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
}

resource "aws_cloudwatch_log_group" "renamed" {
  name = "/services/renamed"
}

# Its log group stays behind: skip_destroy.
module "kept" {
  source = "./service"
  name   = "kept"

  log_group = "/services/kept"
  grants    = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
}

resource "aws_cloudwatch_log_group" "kept" {
  name         = "/services/kept"
  skip_destroy = true
}

# The driver has to make the group now that the plan does not, and may not.
module "maker" {
  source = "./service"
  name   = "maker"

  log_group       = "/services/maker"
  grants          = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
  makes_log_group = true
}

resource "aws_cloudwatch_log_group" "maker" {
  name = "/services/maker"
}

# Its parameter is deleted.
module "token" {
  source = "./service"
  name   = "token"

  secrets = ["/token/key"]
  grants  = { "*" = ["ssm:GetParameters"] }
}

resource "aws_ssm_parameter" "token" {
  name  = "/token/key"
  type  = "String"
  value = "placeholder"
}

resource "aws_s3_bucket" "files" {
  bucket = "acme-files"
}

# Its file is deleted.
module "file" {
  source = "./service"
  name   = "file"

  files  = ["arn:aws:s3:::acme-files/file.env"]
  grants = { "*" = ["s3:GetObject", "s3:GetBucketLocation"] }
}

resource "aws_s3_object" "file" {
  bucket  = aws_s3_bucket.files.bucket
  key     = "file.env"
  content = "LOG_LEVEL=info"
}

# The policy of its bucket denies reading its file now.
module "bucket" {
  source = "./service"
  name   = "bucket"

  files  = ["arn:aws:s3:::acme-files/bucket.env"]
  grants = { "*" = ["s3:GetObject", "s3:GetBucketLocation"] }
}

resource "aws_kms_key" "secrets" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Action = "kms:*", Resource = "*" }]
  })
}

resource "aws_secretsmanager_secret" "keyed" {
  name       = "keyed"
  kms_key_id = aws_kms_key.secrets.arn
}

# The policy of the key that encrypts its secret does not let its account decide any more.
module "key" {
  source = "./service"
  name   = "key"

  secrets = [aws_secretsmanager_secret.keyed.arn]
  grants  = { "*" = ["secretsmanager:GetSecretValue", "kms:Decrypt"] }
}
