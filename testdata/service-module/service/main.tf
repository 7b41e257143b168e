
variable "name" { type = string }
variable "create" {
  type    = bool
  default = true
}
variable "containers" { type = any }
variable "task_exec_secret_arns" {
  type    = list(string)
  default = []
}
variable "task_exec_ssm_param_arns" {
  type    = list(string)
  default = ["arn:aws:ssm:*:*:parameter/*"]
}
variable "task_exec_iam_statements" {
  type    = any
  default = {}
}
variable "use_prefix" {
  type    = bool
  default = true
}
data "aws_partition" "current" {}
data "aws_region" "current" {}
locals {
  exec_name   = try(coalesce(null, var.name), "")
  create_exec = var.create && length(var.containers) > 0
}
module "container" {
  source            = "./container"
  for_each          = { for k, v in var.containers : k => v if var.create }
  service           = var.name
  name              = try(each.value.name, each.key)
  image             = try(each.value.image, null)
  essential         = try(each.value.essential, null)
  environment_files = try(each.value.environment_files, [])
  secrets           = try(each.value.secrets, [])
  environment       = try(each.value.environment, [])
}
data "aws_iam_policy_document" "assume" {
  count = local.create_exec ? 1 : 0
  statement {
    sid     = "ECSTaskExecutionAssumeRole"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "exec" {
  count              = local.create_exec ? 1 : 0
  name               = var.use_prefix ? null : local.exec_name
  name_prefix        = var.use_prefix ? "${local.exec_name}-" : null
  assume_role_policy = data.aws_iam_policy_document.assume[0].json
}
data "aws_iam_policy_document" "exec" {
  count = local.create_exec ? 1 : 0
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }
  statement {
    sid       = "ECR"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"]
    resources = ["*"]
  }
  dynamic "statement" {
    for_each = length(var.task_exec_ssm_param_arns) > 0 ? [1] : []
    content {
      sid       = "GetSSMParams"
      actions   = ["ssm:GetParameters"]
      resources = var.task_exec_ssm_param_arns
    }
  }
  dynamic "statement" {
    for_each = length(var.task_exec_secret_arns) > 0 ? [1] : []
    content {
      sid       = "GetSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = var.task_exec_secret_arns
    }
  }
  dynamic "statement" {
    for_each = var.task_exec_iam_statements
    content {
      sid           = try(statement.value.sid, null)
      actions       = try(statement.value.actions, null)
      not_actions   = try(statement.value.not_actions, null)
      effect        = try(statement.value.effect, null)
      resources     = try(statement.value.resources, null)
      not_resources = try(statement.value.not_resources, null)
      dynamic "principals" {
        for_each = try(statement.value.principals, [])
        content {
          type        = principals.value.type
          identifiers = principals.value.identifiers
        }
      }
      dynamic "condition" {
        for_each = try(statement.value.conditions, [])
        content {
          test     = condition.value.test
          values   = condition.value.values
          variable = condition.value.variable
        }
      }
    }
  }
}
resource "aws_iam_policy" "exec" {
  count       = local.create_exec ? 1 : 0
  name        = var.use_prefix ? null : local.exec_name
  name_prefix = var.use_prefix ? "${local.exec_name}-" : null
  policy      = data.aws_iam_policy_document.exec[0].json
}
resource "aws_iam_role_policy_attachment" "exec" {
  count      = local.create_exec ? 1 : 0
  role       = aws_iam_role.exec[0].name
  policy_arn = aws_iam_policy.exec[0].arn
}
resource "aws_iam_role_policy_attachment" "additional" {
  for_each   = { for k, v in { ro = "arn:${data.aws_partition.current.partition}:iam::aws:policy/CloudWatchReadOnlyAccess" } : k => v if local.create_exec }
  role       = aws_iam_role.exec[0].name
  policy_arn = each.value
}
resource "aws_ecs_task_definition" "this" {
  count                    = var.create ? 1 : 0
  family                   = coalesce(null, var.name)
  container_definitions    = jsonencode([for k, v in module.container : v.container_definition])
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = try(aws_iam_role.exec[0].arn, null)

  dynamic "volume" {
    for_each = {}
    content { name = volume.key }
  }
  runtime_platform {
    cpu_architecture = "X86_64"
  }
}
