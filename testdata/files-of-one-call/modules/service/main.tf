variable "name" {
  type = string
}

variable "image" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

variable "files" {
  type    = list(string)
  default = []
}

variable "bucket_arn" {
  type = string
}

data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "secrets" {
  count = length(var.secrets) > 0 ? 1 : 0

  name = "${var.name}-secrets"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = values(var.secrets)
      }
    ]
  })
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = var.name
    image            = var.image
    memory           = 128
    secrets          = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    environmentFiles = [for file in var.files : { type = "s3", value = file }]
  }])
}
