variable "secret_arns" {
  type = list(string)
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

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = var.secret_arns
  }
}

output "trust_json" {
  value = data.aws_iam_policy_document.trust.json
}

output "execution_json" {
  value = data.aws_iam_policy_document.execution.json
}
