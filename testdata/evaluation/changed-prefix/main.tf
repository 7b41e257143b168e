# An update that replaces the bucket: its ARN is unknown again, and with it the document.
resource "aws_s3_bucket" "config" {
  bucket = "acme-changed-new"
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.config.arn}/web/*", "${aws_s3_bucket.config.arn}/common/*"]
  }
}

resource "aws_iam_policy" "read" {
  name   = "changed-read"
  policy = data.aws_iam_policy_document.read.json
}
