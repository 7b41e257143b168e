# What each job needs is a text of its call: nothing that the module could know.
provider "aws" {
  region = "ap-northeast-1"
}

module "mails" {
  source = "./job"

  name    = "mails"
  secrets = { TOKEN = "/mails/token" }
}

module "reports" {
  source = "./job"

  name    = "reports"
  secrets = { TOKEN = "/shared/token" }
}

resource "aws_iam_role_policy" "shared" {
  name = "shared"
  role = module.reports.execution_role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = "arn:aws:ssm:*:*:parameter/shared/*" },
    ]
  })
}
