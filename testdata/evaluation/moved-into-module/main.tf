# Everything moves into a module with for_each; the policy changes on the way.
module "config" {
  source   = "./config"
  for_each = toset(["web"])
  prefix   = each.key
}

moved {
  from = aws_s3_bucket.config
  to   = module.config["web"].aws_s3_bucket.this
}

moved {
  from = aws_iam_policy.read[0]
  to   = module.config["web"].aws_iam_policy.read
}
