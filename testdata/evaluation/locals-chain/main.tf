# An ARN through three locals, one of them a map, before it reaches a policy.
locals {
  name   = format("%s-%s", "acme", "config")
  prefix = join("/", ["services", "web"])

  bucket_arn = aws_s3_bucket.config.arn
  resources = {
    bucket  = local.bucket_arn
    objects = "${local.bucket_arn}/${local.prefix}/*"
  }
  statements = [
    { Sid = "Locate", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = local.resources.bucket },
    { Sid = "Read", Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectVersion"], Resource = local.resources["objects"] },
  ]
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "${local.name}-"
}

resource "aws_iam_policy" "read" {
  name   = "${local.name}-read"
  path   = "/services/"
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
