resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "acme-logs-"
}

output "config_bucket" {
  value = aws_s3_bucket.config.id
}

output "config_bucket_arn" {
  value = aws_s3_bucket.logs.arn
}
