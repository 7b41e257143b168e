# Keys that are named by an alias, have their policy in a resource of its own, or are opened by a grant.
resource "aws_kms_key" "secrets" {
  description = "secrets"
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/ledger-secrets"
  target_key_id = aws_kms_key.secrets.key_id
}

resource "aws_kms_key" "parameters" {
  description = "parameters"
}

resource "aws_kms_key" "closed" {
  description                        = "closed but for its administrator"
  bypass_policy_lockout_safety_check = true
}

resource "aws_iam_role" "admin" {
  name = "ledger-key-admin"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "123456789012" } }]
  })
}

resource "aws_kms_key_policy" "closed" {
  key_id                             = aws_kms_key.closed.id
  bypass_policy_lockout_safety_check = true
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = aws_iam_role.admin.arn } }]
  })
}

resource "aws_kms_grant" "parameters" {
  key_id            = aws_kms_key.parameters.key_id
  grantee_principal = aws_iam_role.execution.arn
  operations        = ["Decrypt"]
}

locals {
  context_keys = { whole = "parameter_arn", wrong = "SecretARN" }
}

resource "aws_kms_key" "bound" {
  for_each    = local.context_keys
  description = "opened for one encryption context"
}

resource "aws_kms_grant" "bound" {
  for_each          = local.context_keys
  key_id            = aws_kms_key.bound[each.key].key_id
  grantee_principal = aws_iam_role.execution.arn
  operations        = ["Decrypt"]
  constraints {
    encryption_context_equals = { (each.value) = aws_ssm_parameter.bound[each.key].arn }
  }
}

resource "aws_ssm_parameter" "bound" {
  for_each = local.context_keys
  name     = "/ledger/${each.key}"
  type     = "SecureString"
  value    = "placeholder"
  key_id   = aws_kms_key.bound[each.key].key_id
}

resource "aws_secretsmanager_secret" "database" {
  name       = "ledger/database"
  kms_key_id = aws_kms_alias.secrets.arn
}

resource "aws_secretsmanager_secret" "sealed" {
  name       = "ledger/sealed"
  kms_key_id = aws_kms_key.closed.key_id
}

resource "aws_ssm_parameter" "token" {
  name   = "/ledger/token"
  type   = "SecureString"
  value  = "placeholder"
  key_id = aws_kms_key.parameters.key_id
}

resource "aws_ssm_parameter" "mode" {
  name  = "/ledger/mode"
  type  = "String"
  value = "fast"
}

resource "aws_iam_role" "execution" {
  name = "ledger-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "read" {
  name = "read"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = "arn:aws:secretsmanager:*:*:secret:ledger/*" },
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = "arn:aws:ssm:*:*:parameter/ledger/*" },
      {
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = [aws_kms_key.secrets.arn, aws_kms_key.closed.arn]
        Condition = { StringLike = { "kms:ViaService" = "secretsmanager.*.amazonaws.com" } }
      },
    ]
  })
}

resource "aws_ecs_task_definition" "ledger" {
  family                   = "ledger"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name      = "ledger"
      image     = "public.ecr.aws/docker/library/nginx:1.27"
      essential = true
      secrets = [
        { name = "DATABASE", valueFrom = "${aws_secretsmanager_secret.database.arn}:password:AWSCURRENT:" },
        { name = "MODE", valueFrom = aws_ssm_parameter.mode.arn },
        { name = "SEALED", valueFrom = aws_secretsmanager_secret.sealed.arn },
        { name = "TOKEN", valueFrom = "/ledger/token" },
        { name = "WHOLE", valueFrom = aws_ssm_parameter.bound["whole"].name },
        { name = "WRONG", valueFrom = aws_ssm_parameter.bound["wrong"].name },
      ]
    },
  ])
}
