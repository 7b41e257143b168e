# Bucket policies that name roles of the plan, roots of accounts and everybody.
locals {
  readers = ["web", "jobs"]
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-policied-config"
}

resource "aws_iam_role" "reader" {
  for_each = toset(local.readers)
  name     = "acme-policied-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "Readers"
    actions   = ["s3:GetObject", "s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = [for name in local.readers : aws_iam_role.reader[name].arn]
    }
  }

  statement {
    sid       = "OnlyEncrypted"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["${aws_s3_bucket.config.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [false]
    }
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = values(aws_iam_role.reader)[*].arn
    }
  }
}

resource "aws_s3_bucket_policy" "config" {
  bucket = aws_s3_bucket.config.id
  policy = data.aws_iam_policy_document.bucket.json
}
