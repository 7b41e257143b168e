# Statements that come near to what the tasks need, each with one of the mistakes that people make: a role for each.
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  here = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  grants = {
    no-suffix     = { Action = "secretsmanager:GetSecretValue", Resource = "arn:aws:secretsmanager:${local.here}:secret:near/database" }
    json-key      = { Action = "secretsmanager:GetSecretValue", Resource = "${aws_secretsmanager_secret.database.arn}:password::" }
    singular      = { Action = "ssm:GetParameter", Resource = aws_ssm_parameter.mode.arn }
    two-slashes   = { Action = "ssm:GetParameters", Resource = "arn:aws:ssm:${local.here}:parameter/${aws_ssm_parameter.mode.name}" }
    alias         = { Action = "kms:Decrypt", Resource = aws_kms_alias.near.arn }
    bare-group    = { Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = aws_cloudwatch_log_group.near.arn }
    bucket        = { Action = "s3:GetObject", Resource = aws_s3_bucket.config.arn }
    objects       = { Action = "s3:GetBucketLocation", Resource = "${aws_s3_bucket.config.arn}/*" }
    no-slash      = { Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}near/*" }
    token         = { Action = "ecr:GetAuthorizationToken", Resource = "arn:aws:ecr:${local.here}:repository/near" }
    other-name    = { Action = "secretsmanager:GetSecretValue", Resource = "arn:aws:secretsmanager:${local.here}:secret:far/database" }
    other-account = { Action = "secretsmanager:GetSecretValue", Resource = "arn:aws:secretsmanager:${data.aws_region.current.name}:210987654321:secret:near/database" }
  }
}

resource "aws_kms_key" "near" {
  description = "near"
}

resource "aws_kms_alias" "near" {
  name          = "alias/near"
  target_key_id = aws_kms_key.near.key_id
}

resource "aws_secretsmanager_secret" "database" {
  name       = "near/database"
  kms_key_id = aws_kms_key.near.arn
}

resource "aws_ssm_parameter" "mode" {
  name  = "/near/mode"
  type  = "String"
  value = "live"
}

resource "aws_cloudwatch_log_group" "near" {
  name = "/ecs/near"
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-near"
}

resource "aws_iam_role" "execution" {
  for_each = local.grants
  name     = "near-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "near" {
  for_each = local.grants
  name     = "near"
  role     = aws_iam_role.execution[each.key].name
  policy   = jsonencode({ Version = "2012-10-17", Statement = [merge({ Effect = "Allow" }, each.value)] })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.grants
  family                   = "near-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "${data.aws_caller_identity.current.account_id}.dkr.ecr.${data.aws_region.current.name}.amazonaws.com/near:1"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/near/prod.env" }]
    secrets = [
      { name = "MODE", valueFrom = aws_ssm_parameter.mode.arn },
      { name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.database.arn}:password::" },
      { name = "USER", valueFrom = "${aws_secretsmanager_secret.database.arn}:user::" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.near.name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = "near"
      }
    }
  }])
}
