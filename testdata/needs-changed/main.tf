# The new revision has an image that the role may not pull.
module "image" {
  source = "./service"
  name   = "image"

  image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/app:2"
}

# The new revision has a secret, and the role is granted it: it starts before and after.
module "secret" {
  source = "./service"
  name   = "secret"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
  grants  = { "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf" = ["secretsmanager:GetSecretValue"] }
}

# The policy is new: the task starts for the first time.
module "first" {
  source = "./service"
  name   = "first"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
  grants  = { "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf" = ["secretsmanager:GetSecretValue"] }
}

# It moves, and loses its grant on the way.
module "moved" {
  source = "./service"
  name   = "moving"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
}

moved {
  from = module.moving
  to   = module.moved
}

# ECS may not assume the role any more.
module "trusted" {
  source = "./service"
  name   = "trusted"

  principal = "ec2.amazonaws.com"
  secrets   = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
  grants    = { "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf" = ["secretsmanager:GetSecretValue"] }
}

# Whether the other role may read the secret is not known: neither broken nor mended.
module "elsewhere" {
  source = "./service"
  name   = "elsewhere"

  role_arn = "arn:aws:iam::123456789012:role/of-another-stack"
  secrets  = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf"]
  grants   = { "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf" = ["secretsmanager:GetSecretValue"] }
}

# It could not start before, and misses one more secret now.
module "more" {
  source = "./service"
  name   = "more"

  secrets = ["arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf", "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:queue-AbCdEf"]
}

# Its log group is deleted.
module "logs" {
  source = "./service"
  name   = "logs"

  log_group = "/services/logs"
  grants    = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
}

# Its log group is replaced by one of another name.
module "renamed" {
  source = "./service"
  name   = "renamed"

  log_group = "/services/renamed"
  grants    = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
}

resource "aws_cloudwatch_log_group" "renamed" {
  name = "/services/other"
}

# Its log group stays behind: skip_destroy.
module "kept" {
  source = "./service"
  name   = "kept"

  log_group = "/services/kept"
  grants    = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
}

# The driver has to make the group now that the plan does not, and may not.
module "maker" {
  source = "./service"
  name   = "maker"

  log_group       = "/services/maker"
  grants          = { "*" = ["logs:CreateLogStream", "logs:PutLogEvents"] }
  makes_log_group = true
}

# Its parameter is deleted.
module "token" {
  source = "./service"
  name   = "token"

  secrets = ["/token/key"]
  grants  = { "*" = ["ssm:GetParameters"] }
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

# The policy of its bucket denies reading its file now.
module "bucket" {
  source = "./service"
  name   = "bucket"

  files  = ["arn:aws:s3:::acme-files/bucket.env"]
  grants = { "*" = ["s3:GetObject", "s3:GetBucketLocation"] }
}

resource "aws_s3_bucket_policy" "files" {
  bucket = aws_s3_bucket.files.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-files/bucket.env" }]
  })
}

resource "aws_kms_key" "secrets" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:user/admin" }, Action = "kms:*", Resource = "*" }]
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
