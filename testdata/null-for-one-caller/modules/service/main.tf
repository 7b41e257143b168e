variable "name" {
  type = string
}

variable "bucket" {
  type = string
}

variable "parameters" {
  type    = map(string)
  default = {}
}

variable "env_file" {
  type    = string
  default = null
}

resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "Images"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name             = "app"
      image            = "public.ecr.aws/nginx/nginx:1.27"
      memory           = 256
      secrets          = [for name, arn in var.parameters : { name = name, valueFrom = arn }]
      environmentFiles = var.env_file == null ? [] : [{ type = "s3", value = var.env_file }]
    },
  ])
}
