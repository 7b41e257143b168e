variable "name" {
  type = string
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
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:*:*:log-group:/ecs/${var.name}:*"]
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-up"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

output "execution_role_arn" {
  value = aws_iam_role.execution.arn
}
