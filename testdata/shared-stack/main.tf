# All that a service of another stack uses: its roles, and buckets, keys, secrets, parameters, images and log groups.
data "aws_caller_identity" "me" {}
data "aws_region" "here" {}

resource "aws_s3_bucket" "files" {
  bucket = "acme-data-files"
}

resource "aws_s3_bucket_policy" "files" {
  bucket = aws_s3_bucket.files.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Private", Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.files.arn}/web/private/*" },
      { Sid = "Granted", Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:role/acme-extended" }, Action = "s3:GetObject", Resource = "${aws_s3_bucket.files.arn}/granted/*" },
    ]
  })
}

resource "aws_s3_bucket_server_side_encryption_configuration" "files" {
  bucket = aws_s3_bucket.files.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.files.arn
    }
  }
}

resource "aws_kms_key" "files" {
  description = "files"
}

# Its policy lets in the administrator and the one role alone.
resource "aws_kms_key" "closed" {
  description = "closed"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Admin", Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:role/admin" }, Action = "kms:*", Resource = "*" },
      { Sid = "Role", Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:role/acme-open" }, Action = "kms:Decrypt", Resource = "*" },
    ]
  })
  bypass_policy_lockout_safety_check = true
}

resource "aws_secretsmanager_secret" "plain" {
  name = "acme/plain"
}

resource "aws_secretsmanager_secret" "closed" {
  name       = "acme/closed"
  kms_key_id = aws_kms_key.closed.arn
}

resource "aws_secretsmanager_secret_policy" "plain" {
  secret_arn = aws_secretsmanager_secret.plain.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "NotPathed", Effect = "Deny", Principal = { AWS = "arn:aws:iam::123456789012:role/services/acme-pathed" }, Action = "secretsmanager:GetSecretValue", Resource = "*" }]
  })
}

resource "aws_ssm_parameter" "token" {
  name   = "/acme/token"
  type   = "SecureString"
  value  = "none"
  key_id = aws_kms_key.closed.key_id
}

resource "aws_ecr_repository" "web" {
  name = "acme/web"
}

resource "aws_ecr_repository_policy" "web" {
  repository = aws_ecr_repository.web.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "NotRefused", Effect = "Deny", Principal = { AWS = "arn:aws:iam::123456789012:role/acme-refused" }, Action = "ecr:BatchGetImage" }]
  })
}

resource "aws_cloudwatch_log_group" "services" {
  name = "/acme/services"
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

# The service's stack attaches a policy to the extended one.
resource "aws_iam_role" "this" {
  for_each           = toset(["open", "pathed", "refused", "extended"])
  name               = "acme-${each.key}"
  path               = each.key == "pathed" ? "/services/" : "/"
  assume_role_policy = local.trust
}

resource "aws_iam_policy" "fetch" {
  name = "acme-fetch"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Files", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-data-files/web/*" },
      { Sid = "Where", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-data-files" },
      { Sid = "Secrets", Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = "arn:aws:secretsmanager:*:123456789012:secret:acme/*" },
      { Sid = "Parameters", Effect = "Allow", Action = "ssm:GetParameters", Resource = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/acme/*" },
      { Sid = "Keys", Effect = "Allow", Action = "kms:Decrypt", Resource = "arn:aws:kms:ap-northeast-1:123456789012:key/*" },
      { Sid = "Images", Effect = "Allow", Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = "arn:aws:ecr:ap-northeast-1:123456789012:repository/acme/*" },
      { Sid = "Registry", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      { Sid = "Logs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "fetch" {
  for_each   = { for key, role in aws_iam_role.this : key => role if key != "extended" }
  role       = each.value.name
  policy_arn = aws_iam_policy.fetch.arn
}

# The service's stack creates this role.
resource "aws_iam_role_policy" "lent" {
  name = "from-shared-stack"
  role = "acme-own"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Lent", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-data-files/web/*" }]
  })
}
