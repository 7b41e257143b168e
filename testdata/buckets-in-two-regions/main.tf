# The same service in two regions, each with its own bucket; their common role is granted only the first bucket.
provider "aws" {
  region = "ap-northeast-1"
}

provider "aws" {
  alias  = "osaka"
  region = "ap-northeast-3"
}

resource "aws_iam_role" "execution" {
  name = "twice-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${module.tokyo.bucket.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = [module.tokyo.bucket.arn, module.osaka.bucket.arn] },
    ]
  })
}

module "tokyo" {
  source             = "./service"
  execution_role_arn = aws_iam_role.execution.arn
}

module "osaka" {
  source             = "./service"
  execution_role_arn = aws_iam_role.execution.arn

  providers = {
    aws = aws.osaka
  }
}
