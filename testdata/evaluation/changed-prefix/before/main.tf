resource "aws_s3_bucket" "config" {
  bucket = "acme-changed-old"
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.config.arn}/*"]
  }
}

resource "aws_iam_policy" "read" {
  name   = "changed-read"
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_sqs_queue" "old" {
  name = "changed-old"
}
