# A template file with directives that renders a policy document for any number of files.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-env-"
}

locals {
  files = ["common.env", "web/prod.env"]
}

resource "aws_iam_policy" "read" {
  name = "read-env-files"
  policy = templatefile("${path.module}/policy.json.tftpl", {
    bucket_arn = aws_s3_bucket.config.arn
    files      = local.files
    locate     = true
    key_arn    = null
  })
}
