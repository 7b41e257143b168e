# A key, a secret and a bucket that the plan creates, each with a policy that allows none of these roles, beside existing
# ones. The ids that AWS will assign are not those of the existing ones, so these policies are not on them.
provider "aws" {
  region = "ap-northeast-1"
}

data "aws_kms_alias" "shared" {
  name = "alias/shared"
}

data "aws_secretsmanager_secret" "token" {
  name = "shop/token"
}

data "aws_s3_bucket" "shared" {
  bucket = "acme-shop-shared"
}

locals {
  refusal = { Sid = "Nobody", Effect = "Deny", Action = "*", Resource = "*", Principal = "*" }
  roles   = { able = ["kms:Decrypt"], bare = ["kms:DescribeKey"] }
}

resource "aws_kms_key" "sealed" {
  bypass_policy_lockout_safety_check = true
}

resource "aws_kms_key_policy" "sealed" {
  key_id                             = aws_kms_key.sealed.key_id
  bypass_policy_lockout_safety_check = true
  policy                             = jsonencode({ Version = "2012-10-17", Statement = [local.refusal] })
}

resource "aws_secretsmanager_secret" "sealed" {
  name_prefix = "shop/token"
}

resource "aws_secretsmanager_secret_policy" "sealed" {
  secret_arn = aws_secretsmanager_secret.sealed.arn
  policy     = jsonencode({ Version = "2012-10-17", Statement = [local.refusal] })
}

resource "aws_s3_bucket" "sealed" {
  bucket_prefix = "acme-shop-"
}

resource "aws_s3_bucket_policy" "sealed" {
  bucket = aws_s3_bucket.sealed.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge(local.refusal, { Resource = "${aws_s3_bucket.sealed.arn}/*" })] })
}

# New, and under the key that was there before.
resource "aws_secretsmanager_secret" "login" {
  name       = "shop/login"
  kms_key_id = data.aws_kms_alias.shared.target_key_arn
}

resource "aws_secretsmanager_secret_version" "login" {
  secret_id     = aws_secretsmanager_secret.login.id
  secret_string = "change-me"
}

resource "aws_iam_role" "execution" {
  for_each = local.roles
  name     = "beside-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.roles
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue", "s3:GetObject"], Resource = "*" },
      { Effect = "Allow", Action = each.value, Resource = data.aws_kms_alias.shared.target_key_arn },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.roles
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "example/app:1"
    environmentFiles = [{ type = "s3", value = "${data.aws_s3_bucket.shared.arn}/app.env" }]
    secrets = [
      { name = "LOGIN", valueFrom = aws_secretsmanager_secret.login.arn },
      { name = "TOKEN", valueFrom = data.aws_secretsmanager_secret.token.arn },
    ]
  }])
}
