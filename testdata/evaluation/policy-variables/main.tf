# Policy variables of IAM, escaped in three ways.
resource "aws_s3_bucket" "home" {
  bucket_prefix = "acme-home-"
}

data "aws_iam_policy_document" "home" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.home.arn}/home/&{aws:username}/*"]
  }
  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.home.arn]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["home/&{aws:username}/*", ""]
    }
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["shared/*"]
    }
  }
}

resource "aws_iam_policy" "document" {
  name   = "home-document"
  policy = data.aws_iam_policy_document.home.json
}

resource "aws_iam_policy" "encoded" {
  name = "home-encoded"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:*"
      Resource = "${aws_s3_bucket.home.arn}/home/$${aws:username}/<private>&more/*"
    }]
  })
}
