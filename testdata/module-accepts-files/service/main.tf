variable "name" {
  type = string
}

variable "env_files" {
  type    = list(string)
  default = []
}

variable "execution_statements" {
  type = list(object({
    sid       = optional(string)
    effect    = optional(string, "Allow")
    actions   = list(string)
    resources = list(string)
  }))
  default = []
}

variable "execution_policy_arns" {
  type    = list(string)
  default = []
}

variable "execution_policy_count" {
  type    = number
  default = 0
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "execution" {
  count = length(var.execution_statements) > 0 ? 1 : 0

  dynamic "statement" {
    for_each = var.execution_statements
    content {
      sid       = try(statement.value.sid, null)
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "standard" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "execution" {
  count  = length(var.execution_statements) > 0 ? 1 : 0
  name   = "execution"
  role   = aws_iam_role.execution.name
  policy = data.aws_iam_policy_document.execution[0].json
}

resource "aws_iam_role_policy_attachment" "extra" {
  count      = var.execution_policy_count
  role       = aws_iam_role.execution.name
  policy_arn = var.execution_policy_arns[count.index]
}

locals {
  container = {
    name             = var.name
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = length(var.env_files) > 0 ? [for arn in var.env_files : { value = arn, type = "s3" }] : null
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([local.container])
}
