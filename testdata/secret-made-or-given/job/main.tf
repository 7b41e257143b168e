variable "name" {
  type = string
}

variable "key_arn" {
  type    = string
  default = null
}

variable "is_made" {
  type    = bool
  default = true
}

locals {
  key_arn = var.is_made ? aws_secretsmanager_secret.key[0].arn : var.key_arn
}

resource "aws_secretsmanager_secret" "key" {
  count = var.is_made ? 1 : 0
  name  = "${var.name}-key"
}

resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } },
    ]
  })
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([
    for name in ["reader", "writer"] : {
      name    = name
      image   = "public.ecr.aws/docker/library/busybox:1.37"
      memory  = 64
      secrets = [{ name = "KEY", valueFrom = local.key_arn }]
    }
  ])
}
