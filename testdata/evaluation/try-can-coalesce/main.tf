# Fallbacks, as modules write them for resources that may or may not be created.
variable "create_bucket" {
  type    = bool
  default = true
}

variable "create_key" {
  type    = bool
  default = false
}

variable "bucket_arn" {
  type    = string
  default = null
}

variable "key_arn" {
  type    = string
  default = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

variable "settings" {
  type    = any
  default = { web = { prefix = "web/" }, jobs = {} }
}

resource "aws_s3_bucket" "this" {
  count         = var.create_bucket ? 1 : 0
  bucket_prefix = "acme-try-"
}

resource "aws_kms_key" "this" {
  count = var.create_key ? 1 : 0
}

locals {
  bucket_arn = coalesce(var.bucket_arn, try(aws_s3_bucket.this[0].arn, ""))
  key_arn    = try(aws_kms_key.this[0].arn, var.key_arn)
  only_key   = one(aws_kms_key.this[*].arn)
  prefixes   = { for name, settings in var.settings : name => try(settings.prefix, lookup(settings, "path", "${name}/default/")) }
}

resource "aws_iam_policy" "this" {
  name = "try-read"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for name in sort(keys(local.prefixes)) : {
        Sid      = name
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${local.bucket_arn}/${local.prefixes[name]}*"
      }],
      can(regex("^arn:", local.key_arn)) ? [{ Sid = "key", Effect = "Allow", Action = "kms:Decrypt", Resource = local.key_arn }] : [],
      local.only_key == null ? [] : [{ Sid = "only", Effect = "Allow", Action = "kms:Encrypt", Resource = local.only_key }],
    )
  })
}
