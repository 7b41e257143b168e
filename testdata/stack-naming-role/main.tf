# Policies that name a role of another stack, `role-made-anew`, and policies attached to it.
data "aws_caller_identity" "current" {}

locals {
  roles = { for each in ["anew", "stays"] : each => "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/${each}" }
}

resource "aws_s3_bucket" "files" {
  bucket = "acme-named-files"
}

resource "aws_s3_bucket_policy" "files" {
  bucket = aws_s3_bucket.files.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for each in local.roles :
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.files.arn}/*", Principal = { AWS = each } }
    ]
  })
}

resource "aws_kms_key" "token" {}

resource "aws_kms_grant" "token" {
  for_each          = local.roles
  key_id            = aws_kms_key.token.key_id
  grantee_principal = each.value
  operations        = ["Decrypt"]
}

resource "aws_ssm_parameter" "token" {
  name   = "/named/token"
  type   = "SecureString"
  key_id = aws_kms_key.token.arn
  value  = "placeholder"
}

resource "aws_iam_role_policy" "token" {
  for_each = local.roles
  name     = "token"
  role     = each.key
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ssm:GetParameters", Resource = aws_ssm_parameter.token.arn }]
  })
}
