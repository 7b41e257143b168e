# dynamic statements with a named iterator, a nested dynamic condition, and one that comes to nothing.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-dynamic-"
}

resource "aws_s3_bucket" "assets" {
  bucket = "acme-dynamic-assets"
}

variable "vpc_endpoints" {
  type    = list(string)
  default = ["vpce-1111111111aaaaaaa"]
}

variable "public_prefixes" {
  type    = list(string)
  default = []
}

locals {
  grants = {
    config = { arn = aws_s3_bucket.config.arn, prefixes = ["common", "web"], private = true }
    assets = { arn = aws_s3_bucket.assets.arn, prefixes = ["img"], private = false }
  }
}

data "aws_iam_policy_document" "read" {
  dynamic "statement" {
    for_each = local.grants
    iterator = grant

    content {
      sid       = "Read${title(grant.key)}"
      actions   = ["s3:GetObject"]
      resources = [for prefix in grant.value.prefixes : "${grant.value.arn}/${prefix}/*"]

      dynamic "condition" {
        for_each = grant.value.private ? var.vpc_endpoints : []
        content {
          test     = "StringEquals"
          variable = "aws:SourceVpce"
          values   = [condition.value]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.public_prefixes) > 0 ? [1] : []
    content {
      actions   = ["s3:GetObject"]
      resources = var.public_prefixes
    }
  }

  statement {
    sid       = "Locate"
    actions   = ["s3:GetBucketLocation"]
    resources = values(local.grants)[*].arn
  }
}

resource "aws_iam_policy" "read" {
  name   = "dynamic-read"
  policy = data.aws_iam_policy_document.read.json
}
