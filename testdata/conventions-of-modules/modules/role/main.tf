# A role as a public module writes it: accounts and services may assume it, most callers pass none of
# one kind; its name and that of its policy come from one label.
variable "name" { type = string }

variable "accounts" {
  type    = list(string)
  default = []
}

variable "services" {
  type    = list(string)
  default = []
}

variable "policy" { type = string }

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.accounts
    }

    principals {
      type        = "Service"
      identifiers = var.services
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "this" {
  name   = var.name
  role   = aws_iam_role.this.id
  policy = var.policy
}

output "policy_name" {
  value = aws_iam_role_policy.this.name
}

output "role_name" {
  value = aws_iam_role.this.name
}

output "arn" {
  value = aws_iam_role.this.arn
}
