
variable "context" {}
variable "container_definition_json" { type = string }
variable "task_exec_role_arn" {
  type    = any
  default = []
}
variable "task_exec_policy_arns_map" {
  type    = map(string)
  default = {}
}
module "exec_label" {
  source     = "../label"
  context    = var.context
  attributes = ["exec"]
}
locals {
  enabled            = var.context.enabled
  task_exec_role_arn = try(var.task_exec_role_arn[0], tostring(var.task_exec_role_arn), "")
  create_exec_role   = local.enabled && length(local.task_exec_role_arn) == 0
  exec_policy_map    = merge({}, var.task_exec_policy_arns_map)
}
data "aws_partition" "current" {}
data "aws_iam_policy_document" "ecs_task_exec" {
  count = local.create_exec_role ? 1 : 0
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "ecs_exec" {
  count              = local.create_exec_role ? 1 : 0
  name               = module.exec_label.id
  assume_role_policy = one(data.aws_iam_policy_document.ecs_task_exec[*]["json"])
}
data "aws_iam_policy_document" "ecs_exec" {
  count = local.create_exec_role ? 1 : 0
  statement {
    effect    = "Allow"
    resources = ["*"]
    actions   = ["ssm:GetParameters", "ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents"]
  }
}
resource "aws_iam_role_policy" "ecs_exec" {
  for_each = local.create_exec_role ? toset(["true"]) : toset([])
  name     = module.exec_label.id
  policy   = join("", data.aws_iam_policy_document.ecs_exec[*]["json"])
  role     = join("", aws_iam_role.ecs_exec[*]["id"])
}
resource "aws_iam_role_policy_attachment" "ecs_exec" {
  for_each   = local.create_exec_role ? local.exec_policy_map : {}
  policy_arn = each.value
  role       = join("", aws_iam_role.ecs_exec[*]["id"])
}
resource "aws_ecs_task_definition" "default" {
  count                    = local.enabled ? 1 : 0
  family                   = module.exec_label.id
  container_definitions    = var.container_definition_json
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = length(local.task_exec_role_arn) > 0 ? local.task_exec_role_arn : one(aws_iam_role.ecs_exec[*]["arn"])
}
