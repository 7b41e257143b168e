# JSON by hand in heredocs: an indented one, and one that interpolates encoded parts.
resource "aws_s3_bucket" "config" {
  bucket = "acme-heredoc-config"
}

resource "aws_kms_key" "config" {
  description = "config"
}

locals {
  readable = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"]
}

resource "aws_iam_policy" "read" {
  name   = "heredoc-read"
  policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Read",
          "Effect": "Allow",
          "Action": ["s3:GetObject", "s3:GetBucketLocation"],
          "Resource": ${jsonencode(local.readable)}
        },
        {
          "Sid": "Decrypt",
          "Effect": "Allow",
          "Action": "kms:Decrypt",
          "Resource": "${aws_kms_key.config.arn}",
          "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "${local.readable[1]}"}}
        }
      ]
    }
  EOF
}

resource "aws_iam_policy" "list" {
  name   = "heredoc-list"
  policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "${aws_s3_bucket.config.arn}",
    "Condition": {"StringLike": {"s3:prefix": ["home/$${aws:username}/*"]}}
  }
}
POLICY
}
