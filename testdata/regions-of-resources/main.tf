terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 6.0" }
  }
}

provider "aws" { region = "ap-northeast-1" }

data "aws_caller_identity" "me" {}
data "aws_region" "here" {}
data "aws_region" "there" { region = "us-east-1" }

locals { account = data.aws_caller_identity.me.account_id }

resource "aws_kms_key" "far" {
  region      = "us-east-1"
  description = "far"
}

resource "aws_secretsmanager_secret" "far" {
  region     = "us-east-1"
  name       = "far/db"
  kms_key_id = aws_kms_key.far.arn
}

resource "aws_secretsmanager_secret_version" "far" {
  region        = "us-east-1"
  secret_id     = aws_secretsmanager_secret.far.id
  secret_string = "x"
}

resource "aws_ssm_parameter" "far" {
  region           = "us-east-1"
  name             = "/far/mode"
  type             = "SecureString"
  value_wo         = "x"
  value_wo_version = 1
}

resource "aws_ssm_parameter" "near" {
  name  = "/near/mode"
  type  = "String"
  value = "x"
}

resource "aws_cloudwatch_log_group" "far" {
  region = data.aws_region.there.region
  name   = "/ecs/far"
}

resource "aws_cloudwatch_log_group" "near" {
  name = "/ecs/near"
}

resource "aws_ecr_repository" "far" {
  region = "us-east-1"
  name   = "app"
}

resource "aws_s3_bucket" "config" {
  region = "us-east-1"
  bucket = "acme-v6-config"
}

resource "aws_s3_object" "env" {
  region  = "us-east-1"
  bucket  = aws_s3_bucket.config.id
  key     = "app.env"
  content = "A=b\n"
}

resource "aws_iam_role" "exec" {
  for_each = toset(["near", "far"])
  name     = "v6-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "exec" {
  for_each = { near = data.aws_region.here.region, far = data.aws_region.there.region }
  name     = "start"
  role     = aws_iam_role.exec[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = "arn:aws:secretsmanager:${each.value}:${local.account}:secret:far/*" },
      { Effect = "Allow", Action = ["ssm:GetParameters"], Resource = "arn:aws:ssm:${each.value}:${local.account}:parameter/*" },
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = "*", Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${each.value}.amazonaws.com" } } },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "arn:aws:logs:${each.value}:${local.account}:log-group:/ecs/*" },
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" },
      { Effect = "Allow", Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = "arn:aws:ecr:${each.value}:${local.account}:repository/app" },
      { Effect = "Allow", Action = ["s3:GetObject"], Resource = "${aws_s3_bucket.config.arn}/*" },
      { Effect = "Allow", Action = ["s3:GetBucketLocation"], Resource = aws_s3_bucket.config.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "near" {
  for_each                 = aws_iam_role.exec
  family                   = "near-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "${aws_ecr_repository.far.repository_url}:1"
    environmentFiles = [{ type = "s3", value = aws_s3_object.env.arn }]
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.far.arn },
      { name = "FAR", valueFrom = aws_ssm_parameter.far.arn },
      { name = "MODE", valueFrom = aws_ssm_parameter.near.arn },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = aws_cloudwatch_log_group.far.name, "awslogs-region" = aws_cloudwatch_log_group.far.region, "awslogs-stream-prefix" = "app" }
    }
  }])
}

resource "aws_ecs_task_definition" "far" {
  for_each                 = aws_iam_role.exec
  region                   = "us-east-1"
  family                   = "far-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "${aws_ecr_repository.far.repository_url}:1"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }]
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.far.arn },
      { name = "FAR", valueFrom = aws_ssm_parameter.far.name },
      { name = "MODE", valueFrom = aws_ssm_parameter.near.name },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = aws_cloudwatch_log_group.near.name, "awslogs-region" = "us-east-1", "awslogs-stream-prefix" = "app" }
    }
  }])
}
