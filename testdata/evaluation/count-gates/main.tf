# The usual idioms around count = 0 or 1.
variable "enabled" {
  type    = bool
  default = true
}

variable "logging" {
  type    = bool
  default = false
}

resource "aws_s3_bucket" "config" {
  count  = var.enabled ? 1 : 0
  bucket = "acme-gated-config"
}

resource "aws_s3_bucket" "logs" {
  count  = var.logging ? 1 : 0
  bucket = "acme-gated-logs"
}

data "aws_iam_policy_document" "read" {
  count = var.enabled ? 1 : 0

  statement {
    actions   = ["s3:GetObject"]
    resources = formatlist("%s/*", concat(aws_s3_bucket.config[*].arn, aws_s3_bucket.logs[*].arn))
  }

  dynamic "statement" {
    for_each = aws_s3_bucket.logs
    content {
      actions   = ["s3:PutObject"]
      resources = ["${statement.value.arn}/*"]
    }
  }
}

resource "aws_iam_policy" "read" {
  count  = var.enabled ? 1 : 0
  name   = "gated-read"
  policy = join("", data.aws_iam_policy_document.read[*].json)
}

output "policy_arn" {
  value = join("", aws_iam_policy.read[*].arn)
}

output "logs_arn" {
  value = length(aws_s3_bucket.logs) > 0 ? aws_s3_bucket.logs[0].arn : null
}
