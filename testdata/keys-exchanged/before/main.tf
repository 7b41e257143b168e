provider "aws" {
  region = "eu-central-1"
}
data "aws_caller_identity" "current" {}
locals {
  account = data.aws_caller_identity.current.account_id
  trust   = jsonencode({ Version = "2012-10-17", Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" } }] })
  names   = ["added", "forgotten", "followed", "renamed", "bounded"]
}
resource "aws_kms_key" "one" {}
resource "aws_iam_role_policy" "p" {
  for_each = aws_iam_role.r
  name     = "p"
  role     = each.value.id
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.docs[each.key] })
}
resource "aws_ecs_task_definition" "t" {
  for_each                 = toset(local.names)
  family                   = each.key
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.r[each.key].arn
  container_definitions    = jsonencode([{ name = "app", image = "nginx", secrets = [{ name = "S", valueFrom = aws_secretsmanager_secret.s[each.key].arn }], environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.b.arn}/${each.key}.env" }] }])
}
locals {
  docs = { for n in local.names : n => [{ Effect = "Allow", Action = ["secretsmanager:GetSecretValue", "s3:Get*", "kms:Decrypt"], Resource = "*" }] }
}
resource "aws_kms_key" "two" {}
resource "aws_iam_role" "r" {
  for_each           = toset(local.names)
  name               = "r-${each.key}"
  assume_role_policy = local.trust
}
resource "aws_secretsmanager_secret" "s" {
  for_each   = toset(local.names)
  name       = "s-${each.key}"
  kms_key_id = each.key == "added" ? null : aws_kms_key.one.arn
}
resource "aws_s3_bucket" "b" { bucket = "keys-exchanged-${local.account}" }
