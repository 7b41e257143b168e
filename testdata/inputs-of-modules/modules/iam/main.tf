variable "name" {
  type = string
}

variable "policy_statements" {
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  default = {}
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

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.policy_statements
    content {
      sid       = title(statement.key)
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "execution" {
  count  = length(var.policy_statements) > 0 ? 1 : 0
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.this.json
}

output "execution_role_arn" {
  value = aws_iam_role.execution.arn
}
