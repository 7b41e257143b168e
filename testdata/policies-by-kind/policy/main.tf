variable "role" {
  type = string
}

variable "kind" {
  type = string
}

variable "resources" {
  type = list(string)
}

locals {
  actions = {
    secrets    = ["secretsmanager:GetSecretValue"]
    parameters = ["ssm:GetParameters"]
  }
}

resource "aws_iam_role_policy" "this" {
  name = var.kind
  role = var.role
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = local.actions[var.kind]
      Resource = var.resources
    }]
  })
}
