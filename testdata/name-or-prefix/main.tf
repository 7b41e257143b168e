# A module that writes name and name_prefix, one of them null: jobs' role is named, mails' role has a generated name.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

module "jobs" {
  source          = "./service"
  name            = "jobs"
  use_name_prefix = false
  files           = "${aws_s3_bucket.config.arn}/jobs.env"
  statements = [
    { actions = ["s3:GetObject"], resources = ["${aws_s3_bucket.config.arn}/*"] },
    { actions = ["s3:GetBucketLocation"], resources = [aws_s3_bucket.config.arn] },
  ]
}

module "mails" {
  source = "./service"
  name   = "mails"
  files  = "${aws_s3_bucket.config.arn}/mails.env"
  statements = [
    { actions = ["s3:GetObject"], resources = ["${aws_s3_bucket.config.arn}/*"] },
  ]
}
