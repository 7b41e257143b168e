# The same module in two regions, and resources of the root that name their provider.
provider "aws" {
  region = "ap-northeast-1"
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"
}

module "tokyo" {
  source = "./regional"
}

module "virginia" {
  source    = "./regional"
  providers = { aws = aws.us }
}

resource "aws_iam_policy" "read" {
  name = "regional-read"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Parameters", Effect = "Allow", Action = "ssm:GetParameters", Resource = [module.tokyo.parameter_arn, module.virginia.parameter_arn] },
      { Sid = "Secrets", Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = [module.tokyo.secret_arn, module.virginia.secret_arn] },
      { Sid = "Logs", Effect = "Allow", Action = "logs:PutLogEvents", Resource = "${aws_cloudwatch_log_group.edge.arn}:*" },
    ]
  })
}

resource "aws_cloudwatch_log_group" "edge" {
  provider = aws.us
  name     = "/edge/access"
}
