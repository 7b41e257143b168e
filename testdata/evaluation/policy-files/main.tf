# Policies in files: as they are, decoded and changed, and one looked for that is not there.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-files-"
}

locals {
  decoded = jsondecode(file("${path.module}/policies/read.json"))
  extra   = fileexists("${path.module}/policies/extra.json") ? jsondecode(file("${path.module}/policies/extra.json")).Statement : []
}

resource "aws_iam_policy" "as_it_is" {
  name   = "file-as-it-is"
  policy = file("${path.module}/policies/read.json")
}

resource "aws_iam_policy" "changed" {
  name = "file-changed"
  policy = jsonencode(merge(local.decoded, {
    Statement = concat(
      [for statement in local.decoded.Statement : merge(statement, { Resource = replace(statement.Resource, "arn:aws:s3:::BUCKET", aws_s3_bucket.config.arn) })],
      local.extra,
    )
  }))
}
