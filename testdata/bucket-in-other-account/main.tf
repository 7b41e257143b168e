# Both buckets belong to another account, whose policies must let the role in as well: only one of them does.
data "aws_caller_identity" "current" {}

provider "aws" {
  region = "ap-northeast-1"
}

provider "aws" {
  alias  = "data"
  region = "ap-northeast-1"
  assume_role {
    role_arn = "arn:aws:iam::999999999999:role/deployer"
  }
}

resource "aws_s3_bucket" "audit" {
  provider = aws.data
  bucket   = "acme-audit-config"
}

resource "aws_s3_bucket" "shared" {
  provider = aws.data
  bucket   = "acme-shared-config"
}

resource "aws_s3_bucket_policy" "shared" {
  provider = aws.data
  bucket   = aws_s3_bucket.shared.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["s3:GetObject", "s3:GetBucketLocation"]
      Resource  = [aws_s3_bucket.shared.arn, "${aws_s3_bucket.shared.arn}/*"]
      Principal = { AWS = aws_iam_role.execution.arn }
    }]
  })
}

resource "aws_iam_role" "execution" {
  name_prefix = "exec-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}

resource "aws_ecs_task_definition" "app" {
  family             = "app"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name   = "app"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    environmentFiles = [
      { type = "s3", value = "${aws_s3_bucket.audit.arn}/a.env" },
      { type = "s3", value = "${aws_s3_bucket.shared.arn}/a.env" },
    ]
  }])
}
