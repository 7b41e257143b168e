variable "role" {
  type = string
}

resource "aws_iam_role_policy" "this" {
  name = "logs"
  role = var.role

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "*"
    }]
  })
}
