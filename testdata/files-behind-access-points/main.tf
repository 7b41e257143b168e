terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "files" {
  bucket = "shop-files"
}

resource "aws_s3_access_point" "files" {
  bucket = aws_s3_bucket.files.id
  name   = "shop-files"
}

resource "aws_iam_role" "execution" {
  for_each = {
    web  = "arn:aws:s3:::*"
    jobs = aws_s3_bucket.files.arn
  }

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  inline_policy {
    name = "files"
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "s3:*", Resource = [each.value, "${each.value}/*"] }]
    })
  }
}

resource "aws_ecs_task_definition" "app" {
  for_each = aws_iam_role.execution

  family             = each.key
  execution_role_arn = each.value.arn

  container_definitions = jsonencode([
    for name, bucket in {
      bucket    = aws_s3_bucket.files.bucket
      alias     = aws_s3_access_point.files.alias
      directory = "shop-files--apne1-az4--x-s3"
      } : {
      name             = name
      image            = "public.ecr.aws/docker/library/busybox:latest"
      memory           = 64
      environmentFiles = [{ type = "s3", value = "arn:aws:s3:::${bucket}/app.env" }]
    }
  ])
}
