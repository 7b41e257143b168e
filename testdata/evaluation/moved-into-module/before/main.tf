resource "aws_s3_bucket" "config" {
  bucket = "acme-moved-config"
}

resource "aws_iam_policy" "read" {
  count = 1
  name  = "moved-read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" }]
  })
}
