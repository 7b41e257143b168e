# One statement for two services, with a condition key that only one of them has: web's secret cannot be read, since a call
# to Secrets Manager carries no kms:ViaService. jobs' statement lets calls without the key pass, and names the encryption
# key by the alias. tagged asks for a tag that its repository has not; there are no default tags either.
data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

locals {
  via_secrets_manager = { "kms:ViaService" = "secretsmanager.${data.aws_region.current.name}.amazonaws.com" }
  statements = {
    web = [
      {
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue", "kms:Decrypt"]
        Resource  = [aws_secretsmanager_secret.token.arn, aws_kms_key.tokens.arn]
        Condition = { StringEquals = local.via_secrets_manager }
      },
      { Effect = "Allow", Action = "ecr:*", Resource = "*" },
    ]
    jobs = [
      {
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue", "kms:Decrypt"]
        Resource  = [aws_secretsmanager_secret.token.arn, aws_kms_alias.tokens.target_key_arn]
        Condition = { StringEqualsIfExists = local.via_secrets_manager }
      },
      { Effect = "Allow", Action = "ecr:*", Resource = "*", Condition = { Null = { "s3:prefix" = "true" } } },
    ]
    tagged = [
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue", "kms:Decrypt", "ecr:GetAuthorizationToken"], Resource = "*" },
      {
        Effect    = "Allow"
        Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:ResourceTag/team" = "shop" } }
      },
    ]
  }
}

resource "aws_kms_key" "tokens" {}

resource "aws_kms_alias" "tokens" {
  name          = "alias/tokens"
  target_key_id = aws_kms_key.tokens.key_id
}

resource "aws_secretsmanager_secret" "token" {
  name       = "shop/token"
  kms_key_id = aws_kms_key.tokens.arn
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id     = aws_secretsmanager_secret.token.id
  secret_string = "change-me"
}

resource "aws_ecr_repository" "app" {
  name = "shop/app"
}

resource "aws_iam_role" "execution" {
  for_each = local.statements
  name     = "keys-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.statements
  role     = aws_iam_role.execution[each.key].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.statements
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "${aws_ecr_repository.app.repository_url}:1"
    secrets = [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.token.arn }]
  }])
}
