variable "name" {
  type = string
}

variable "parameter_paths" {
  type    = list(string)
  default = []
}

data "aws_caller_identity" "current" {}

locals {
  parameters = "arn:aws:ssm:ap-northeast-1:${data.aws_caller_identity.current.account_id}:parameter"
}

resource "aws_iam_role" "this" {
  name = var.name

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "parameters" {
  count = length(var.parameter_paths) > 0 ? 1 : 0

  name = "parameters"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ssm:GetParameters", "ssm:GetParameter"]
      Resource = [for path in var.parameter_paths : "${local.parameters}/${path}"]
    }]
  })
}

output "arn" {
  value = aws_iam_role.this.arn
}

output "name" {
  value = aws_iam_role.this.name
}
