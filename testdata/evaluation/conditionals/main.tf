# Conditions that are known, whose arms are not; arms of two types; null in an arm.
variable "environment" {
  type    = string
  default = "prod"
}

variable "existing_bucket_arn" {
  type    = string
  default = ""
}

variable "limits" {
  type    = object({ cpu = number, memory = number })
  default = null
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-conditions-"
}

resource "aws_s3_bucket" "fallback" {
  bucket = "acme-conditions-fallback"
}

locals {
  is_prod    = contains(["prod", "production"], lower(var.environment))
  bucket_arn = var.existing_bucket_arn != "" ? var.existing_bucket_arn : (local.is_prod ? aws_s3_bucket.config.arn : aws_s3_bucket.fallback.arn)
  retention  = local.is_prod ? 90 : "unlimited"
  cpu        = var.limits != null ? var.limits.cpu : null
  same       = aws_s3_bucket.config.arn == aws_s3_bucket.config.arn ? "same" : "other"
  sids       = !local.is_prod || length(var.environment) > 3 && var.environment != "dev" ? ["Read", "Locate"] : ["Read"]
}

resource "aws_iam_policy" "read" {
  name = "conditional-read"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for sid in local.sids : {
      Sid      = sid
      Effect   = "Allow"
      Action   = sid == "Locate" ? "s3:GetBucketLocation" : "s3:GetObject"
      Resource = sid == "Locate" ? local.bucket_arn : "${local.bucket_arn}/*"
    }]
  })
}

resource "aws_ssm_parameter" "settings" {
  name  = "/conditions/settings"
  type  = local.is_prod ? "String" : "SecureString"
  value = jsonencode({ retention = local.retention, cpu = local.cpu, same = local.same, arn = local.bucket_arn })
}
