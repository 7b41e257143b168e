variable "name" {
  type = string
}

variable "file" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
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
  statement {
    actions   = ["s3:GetObject"]
    resources = [var.file]
  }
}

resource "aws_iam_role_policy" "execution" {
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = var.name
    image            = "public.ecr.aws/nginx/nginx:1.27"
    memory           = 64
    environmentFiles = [{ type = "s3", value = var.file }]
    secrets          = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
  }])
}
