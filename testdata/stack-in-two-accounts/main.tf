# One stack in two accounts and two regions. No ARN shows what is in the other ones, and a state has no provider aliases.
provider "aws" {}

provider "aws" {
  alias = "archive"
  assume_role {
    role_arn = "arn:aws:iam::210987654321:role/deploy"
  }
}

provider "aws" {
  alias  = "far"
  region = "us-east-1"
}

resource "aws_ssm_parameter" "here" {
  name  = "/acme/here"
  type  = "String"
  value = "none"
}

resource "aws_s3_bucket" "near" {
  bucket = "acme-orders-near"
}

resource "aws_s3_bucket_policy" "near" {
  bucket = aws_s3_bucket.near.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Orders", Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:role/acme-orders" }, Action = "s3:GetObject", Resource = "${aws_s3_bucket.near.arn}/*" }]
  })
}

resource "aws_s3_bucket" "archive" {
  provider = aws.archive
  bucket   = "acme-orders-archive"
}

resource "aws_iam_role_policy" "archive" {
  provider = aws.archive
  name     = "archive"
  role     = "acme-orders"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-orders-files/*" }]
  })
}

resource "aws_ecr_repository_policy" "far" {
  provider   = aws.far
  repository = "acme/orders"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Nobody", Effect = "Deny", Principal = "*", Action = "ecr:BatchGetImage" }]
  })
}
