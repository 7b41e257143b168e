variable "names" {
  type = list(string)
}

resource "aws_s3_bucket" "this" {
  bucket_prefix = "acme-chain-"
}

resource "aws_s3_object" "env" {
  count   = length(var.names)
  bucket  = aws_s3_bucket.this.bucket
  key     = "/${var.names[count.index]}//prod.env"
  content = "NAME=${var.names[count.index]}"
}

output "bucket" {
  value = { arn = aws_s3_bucket.this.arn, name = aws_s3_bucket.this.id }
}

output "objects" {
  value = { for i, name in var.names : name => { arn = aws_s3_object.env[i].arn, key = aws_s3_object.env[i].key } }
}
