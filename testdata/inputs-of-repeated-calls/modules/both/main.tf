variable "secrets" {
  type = map(string)
}

variable "secret_arns" {
  type    = list(string)
  default = []
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

data "aws_iam_policy_document" "secrets" {
  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [var.secret_arns] : []

    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  statement {
    actions   = ["logs:PutLogEvents"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "this" {
  for_each = toset(["execution", "task"])

  name_prefix        = each.key
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "this" {
  for_each = aws_iam_role.this

  name   = "secrets"
  role   = each.value.id
  policy = data.aws_iam_policy_document.secrets.json
}

resource "aws_ecs_task_definition" "this" {
  family             = "both"
  execution_role_arn = aws_iam_role.this["execution"].arn
  task_role_arn      = aws_iam_role.this["task"].arn

  container_definitions = jsonencode([{
    name    = "both"
    image   = "busybox:1"
    memory  = 128
    secrets = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
  }])
}
