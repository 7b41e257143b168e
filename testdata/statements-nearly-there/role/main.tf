variable "name" {
  type = string
}

variable "statements" {
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  default = {}
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.statements

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role_policy" "this" {
  count  = length(var.statements) > 0 ? 1 : 0
  name   = "start-up"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

output "arn" {
  value = aws_iam_role.this.arn
}
