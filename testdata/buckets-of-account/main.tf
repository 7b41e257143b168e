# Generated names of buckets in the namespace of their account end in its number and the region (AWS provider 6).
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_caller_identity" "current" {
}

locals {
  account = data.aws_caller_identity.current.account_id
  files = {
    web  = "arn:aws:s3:::files-*-an/*"
    jobs = "arn:aws:s3:::files-*-${local.account}-ap-northeast-1-an/*"
    mail = "arn:aws:s3:::files-*-ap-northeast-2-an/*"
    till = "arn:aws:s3:::plain-*-an/*"
    desk = "arn:aws:s3:::plain-*/*"
  }
}

resource "aws_s3_bucket" "files" {
  bucket_prefix    = "files-"
  bucket_namespace = "account-regional"
}

resource "aws_s3_bucket" "plain" {
  bucket_prefix = "plain-"
}

resource "aws_iam_role" "execution" {
  for_each = local.files
  name     = each.key
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  for_each = local.files
  name     = "files"
  role     = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = each.value }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.files
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name  = "app"
    image = "nginx:1.27"
    environmentFiles = [{
      type  = "s3"
      value = "${contains(["till", "desk"], each.key) ? aws_s3_bucket.plain.arn : aws_s3_bucket.files.arn}/${each.key}.env"
    }]
  }])
}
