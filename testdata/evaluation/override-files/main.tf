# The arguments in a file ending in _override.tf replace those in this one.
variable "bucket_name" {
  type    = string
  default = "acme-not-this"
}

locals {
  prefix = "main"
  suffix = "kept"
}

resource "aws_s3_bucket" "config" {
  bucket        = var.bucket_name
  force_destroy = true
}

data "aws_iam_policy_document" "read" {
  version = "2012-10-17"

  statement {
    sid       = "Replaced"
    actions   = ["s3:*"]
    resources = ["*"]
  }
  statement {
    sid       = "ReplacedToo"
    actions   = ["kms:*"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read" {
  name   = "override-read"
  policy = data.aws_iam_policy_document.read.json
}
