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

locals {
  account = "123456789012"
}

resource "aws_iam_policy" "boundary" {
  name = "boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", NotAction = "s3:GetBucketLocation", Resource = "*" }]
  })
}

resource "aws_iam_role" "execution" {
  for_each             = toset(["web", "jobs"])
  name                 = each.key
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "start" {
  for_each = { web = ["s3:*", "ecr:GetAuthorizationToken"], jobs = ["secretsmanager:*", "kms:Decrypt"] }
  name     = "start"
  role     = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = each.value, Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.execution["web"].name
  policy_arn = "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess"
}

resource "aws_s3_bucket" "files" {
  bucket = "forgotten-files"
}

resource "aws_s3_bucket_policy" "files" {
  bucket = aws_s3_bucket.files.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::forgotten-files/secret/*"
      Principal = { AWS = aws_iam_role.execution["web"].arn }
    }]
  })
}

resource "aws_s3_object" "file" {
  bucket  = aws_s3_bucket.files.id
  key     = "open/web.env"
  content = "A=b"
}

resource "aws_cloudwatch_log_group" "web" {
  name = "/ecs/web"
}

resource "aws_ecr_repository" "web" {
  name = "web"
}

resource "aws_ecr_repository_policy" "web" {
  repository = aws_ecr_repository.web.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Principal = { AWS = aws_iam_role.execution["web"].arn }
    }]
  })
}

resource "aws_kms_key" "secrets" {
}

resource "aws_kms_key_policy" "secrets" {
  key_id = aws_kms_key.secrets.key_id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "kms:*"
        Resource  = "*"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
      },
      {
        Effect    = "Deny"
        Action    = "kms:Decrypt"
        Resource  = "*"
        Principal = { AWS = aws_iam_role.execution["jobs"].arn }
        Condition = { StringLike = { "kms:EncryptionContext:SecretARN" = "*:secret:closed-*" } }
      },
    ]
  })
}

resource "aws_secretsmanager_secret" "secret" {
  for_each   = toset(["open", "closed"])
  name       = each.key
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_secretsmanager_secret_version" "secret" {
  for_each      = aws_secretsmanager_secret.secret
  secret_id     = each.value.id
  secret_string = "changeme"
}

resource "aws_secretsmanager_secret_policy" "secret" {
  for_each   = aws_secretsmanager_secret.secret
  secret_arn = each.value.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
      Principal = "*"
      Condition = { StringEquals = { "aws:PrincipalArn" = each.key == "closed" ? aws_iam_role.execution["jobs"].arn : "nobody" } }
    }]
  })
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/web"

  container_definitions = jsonencode([for name in ["open", "secret"] : {
    name             = name
    image            = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/web:1"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::forgotten-files/${name}/web.env" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = "/ecs/web"
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = name
      }
    }
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family                   = "jobs"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/jobs"

  container_definitions = jsonencode([for name in ["open", "closed"] : {
    name    = name
    image   = "nginx:1.27"
    secrets = [{ name = "SECRET", valueFrom = aws_secretsmanager_secret.secret[name].arn }]
  }])
}
