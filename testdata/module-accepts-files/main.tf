# A shared module accepts environment files but grants nothing itself: its callers have to, and one of them does not.
resource "aws_s3_bucket" "config" {
  bucket = "acme-module-config"
}

resource "aws_iam_policy" "read" {
  name = "read-config"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
    ]
  })
}

module "jobs" {
  source    = "./service"
  name      = "jobs"
  env_files = ["${aws_s3_bucket.config.arn}/jobs.env"]
  execution_statements = [
    { actions = ["s3:GetObject"], resources = ["${aws_s3_bucket.config.arn}/jobs.env"] },
    { sid = "Locate", actions = ["s3:GetBucketLocation"], resources = [aws_s3_bucket.config.arn] },
  ]
}

module "mails" {
  source                 = "./service"
  name                   = "mails"
  env_files              = ["${aws_s3_bucket.config.arn}/mails.env"]
  execution_policy_arns  = [aws_iam_policy.read.arn]
  execution_policy_count = 1
}

module "web" {
  source    = "./service"
  name      = "web"
  env_files = ["${aws_s3_bucket.config.arn}/web.env"]
}
