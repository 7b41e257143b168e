variable "name" {
  type = string
}

variable "use_name_prefix" {
  type    = bool
  default = true
}

variable "files" {
  type = string
}

variable "statements" {
  type = list(object({
    sid       = optional(string)
    actions   = list(string)
    resources = list(string)
  }))
  default = null
}

data "aws_iam_policy_document" "execution" {
  count = var.statements != null ? 1 : 0
  dynamic "statement" {
    for_each = var.statements
    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role" "execution" {
  name        = var.use_name_prefix ? null : "${var.name}-execution"
  name_prefix = var.use_name_prefix ? "${var.name}-execution-" : null
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_policy" "execution" {
  count       = var.statements != null ? 1 : 0
  name        = var.use_name_prefix ? null : "${var.name}-execution"
  name_prefix = var.use_name_prefix ? "${var.name}-execution-" : null
  policy      = data.aws_iam_policy_document.execution[0].json
}

resource "aws_iam_role_policy_attachment" "execution" {
  count      = var.statements != null ? 1 : 0
  role       = aws_iam_role.execution.name
  policy_arn = aws_iam_policy.execution[0].arn
}

resource "aws_ecs_task_definition" "service" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "main"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    environmentFiles = [{ type = "s3", value = var.files }]
  }])
}
