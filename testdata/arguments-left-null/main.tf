# A module that passes every optional argument on; of most the callers give nothing.
data "aws_caller_identity" "me" {}

module "web" {
  source = "./service"
  name   = "web"
  statements = [
    { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::acme-null-web/*"] },
    { actions = ["s3:GetBucketLocation"], resources = ["arn:aws:s3:::acme-null-web"] },
    { actions = ["secretsmanager:GetSecretValue", "ssm:GetParameters"], resources = ["*"] },
    { actions = ["kms:Decrypt"], resources = ["*"] },
  ]
  encrypted = true
}

module "jobs" {
  source = "./service"
  name   = "jobs"
}

module "mails" {
  source     = "./service"
  name       = "mails"
  inline     = { files = "arn:aws:s3:::acme-null-mails/*" }
  key_policy = <<-JSON
    {
      "Version": "2012-10-17",
      "Statement": [{ "Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": { "AWS": "arn:aws:iam::${data.aws_caller_identity.me.account_id}:user/admin" } }]
    }
  JSON
  encrypted  = true
}
