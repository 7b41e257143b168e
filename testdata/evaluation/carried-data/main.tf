# terraform_data carries values: its output is its input.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-carried-"
}

resource "terraform_data" "wiring" {
  input = {
    bucket_arn = aws_s3_bucket.config.arn
    prefixes   = ["web", "common"]
    ports      = { http = 80 }
  }
  triggers_replace = [aws_s3_bucket.config.id]
}

resource "terraform_data" "files" {
  for_each = toset(terraform_data.wiring.input.prefixes)
  input    = "${terraform_data.wiring.output.bucket_arn}/${each.key}/app.env"
}

resource "aws_iam_policy" "read" {
  name = "carried-read"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = [for file in terraform_data.files : file.output] },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = terraform_data.wiring.output.bucket_arn },
    ]
  })
}
