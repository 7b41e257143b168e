provider "aws" {
  region = "eu-central-1"
}
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
locals { trust = jsonencode({ Version = "2012-10-17", Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" } }] }) }
resource "aws_kms_key" "closed" {
  policy                             = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:user/admin" }, Action = "kms:*", Resource = "*" }] })
  bypass_policy_lockout_safety_check = true
}
resource "aws_secretsmanager_secret" "a" {
  name   = "a"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "secretsmanager:GetSecretValue", Resource = "*" }] })
}
resource "aws_secretsmanager_secret" "b" { name = "b" }
resource "aws_secretsmanager_secret" "c" {
  name       = "c"
  kms_key_id = aws_kms_key.closed.arn
}
resource "aws_secretsmanager_secret_policy" "b" {
  secret_arn = aws_secretsmanager_secret.b.arn
  policy     = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "secretsmanager:GetSecretValue", Resource = "*" }] })
}
resource "aws_s3_bucket" "a" { bucket_prefix = "a-" }
resource "aws_s3_bucket" "plain" { bucket_prefix = "plain-" }
resource "aws_s3_bucket_policy" "a" {
  bucket = aws_s3_bucket.a.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.a.arn}/*" }] })
}
resource "aws_ecr_repository" "a" { name = "a" }
resource "aws_ecr_repository_policy" "a" {
  repository = aws_ecr_repository.a.name
  policy     = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "ecr:*" }] })
}
resource "aws_ecr_repository" "b" { name = "b" }
resource "aws_iam_role" "e" {
  name               = "e"
  assume_role_policy = local.trust
}
resource "aws_iam_role_policy" "e" {
  role   = aws_iam_role.e.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
resource "aws_ecs_cluster" "c" { name = "c" }
locals {
  late = length(aws_kms_key.closed.key_id) > 3 && aws_s3_bucket.a.region == "eu-central-1"
  secrets = {
    inline  = local.late ? aws_secretsmanager_secret.a.arn : "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf"
    policy  = local.late ? aws_secretsmanager_secret.b.arn : "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf"
    key     = local.late ? aws_secretsmanager_secret.c.arn : "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf"
    certain = aws_secretsmanager_secret.a.arn
  }
  files = {
    policy = local.late ? "${aws_s3_bucket.a.arn}/x.env" : "${aws_s3_bucket.plain.arn}/x.env"
    bucket = "${local.late ? aws_s3_bucket.a.arn : aws_s3_bucket.plain.arn}/x.env"
  }
  images = {
    repo = "${local.late ? aws_ecr_repository.a.repository_url : aws_ecr_repository.b.repository_url}:1"
    name = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/${local.late ? aws_ecr_repository.a.name : "z"}:1"
  }
}
resource "aws_ecs_task_definition" "s" {
  for_each                 = local.secrets
  family                   = "s-${each.key}"
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.e.arn
  container_definitions    = jsonencode([{ name = "app", image = "nginx", secrets = [{ name = "A", valueFrom = each.value }] }])
}
resource "aws_ecs_task_definition" "f" {
  for_each                 = local.files
  family                   = "f-${each.key}"
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.e.arn
  container_definitions    = jsonencode([{ name = "app", image = "nginx", environmentFiles = [{ type = "s3", value = each.value }] }])
}
resource "aws_ecs_task_definition" "i" {
  for_each                 = local.images
  family                   = "i-${each.key}"
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.e.arn
  container_definitions    = jsonencode([{ name = "app", image = each.value }])
}
