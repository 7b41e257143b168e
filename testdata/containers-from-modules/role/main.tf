variable "name" {
  type = string
}

variable "policy_arns" {
  type    = list(string)
  default = []
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

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "this" {
  count      = length(var.policy_arns)
  role       = join("", aws_iam_role.this[*].name)
  policy_arn = var.policy_arns[count.index]
}

output "arn" {
  value = one(aws_iam_role.this[*].arn)
}
