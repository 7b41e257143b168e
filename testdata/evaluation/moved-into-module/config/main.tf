variable "prefix" {
  type = string
}

resource "aws_s3_bucket" "this" {
  bucket = "acme-moved-config"
}

resource "aws_s3_object" "env" {
  bucket  = aws_s3_bucket.this.id
  key     = "${var.prefix}/app.env"
  content = "MODE=production\n"
}

resource "aws_iam_policy" "read" {
  name = "moved-read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = [aws_s3_object.env.arn, "${aws_s3_bucket.this.arn}/${var.prefix}/common/*"] }]
  })
}
