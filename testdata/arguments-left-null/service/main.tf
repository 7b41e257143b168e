variable "name" {
  type = string
}

variable "statements" {
  type    = list(object({ actions = list(string), resources = list(string) }))
  default = []
}

variable "inline" {
  type    = map(string)
  default = {}
}

variable "managed_policy_arns" {
  type    = set(string)
  default = null
}

variable "key_policy" {
  type    = string
  default = null
}

variable "encrypted" {
  type    = bool
  default = false
}

resource "aws_kms_key" "this" {
  policy                             = var.key_policy
  bypass_policy_lockout_safety_check = var.key_policy != null ? true : null
}

resource "aws_s3_bucket" "this" {
  bucket = "acme-null-${var.name}"
}

resource "aws_s3_object" "env" {
  bucket                 = aws_s3_bucket.this.id
  key                    = "prod.env"
  content                = "MODE=prod"
  kms_key_id             = var.encrypted ? aws_kms_key.this.arn : null
  server_side_encryption = null
}

resource "aws_secretsmanager_secret" "token" {
  name       = "null/${var.name}"
  kms_key_id = var.encrypted ? aws_kms_key.this.arn : null
}

resource "aws_ssm_parameter" "mode" {
  name   = "/null/${var.name}"
  type   = "SecureString"
  value  = "none"
  key_id = null
}

resource "aws_iam_role" "execution" {
  name                 = "null-${var.name}"
  permissions_boundary = null
  managed_policy_arns  = var.managed_policy_arns
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })

  dynamic "inline_policy" {
    for_each = var.inline
    content {
      name = inline_policy.key
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = inline_policy.value }]
      })
    }
  }
}

data "aws_iam_policy_document" "this" {
  count = length(var.statements) > 0 ? 1 : 0

  dynamic "statement" {
    for_each = var.statements
    content {
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role_policy" "this" {
  count  = length(var.statements) > 0 ? 1 : 0
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.this[0].json
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/nginx/nginx:1"
    memory           = 128
    environmentFiles = [{ type = "s3", value = aws_s3_object.env.arn }]
    secrets = [
      { name = "MODE", valueFrom = aws_ssm_parameter.mode.arn },
      { name = "TOKEN", valueFrom = aws_secretsmanager_secret.token.arn },
    ]
  }])
}
