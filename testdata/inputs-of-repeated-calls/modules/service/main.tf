resource "aws_ecs_task_definition" "this" {
  family             = var.name
  cpu                = var.cpu
  memory             = 512
  execution_role_arn = aws_iam_role.task_exec[0].arn

  container_definitions = jsonencode([for name, container in var.container_definitions : {
    name             = name
    image            = container.image
    secrets          = try(container.secrets, [])
    environmentFiles = try(container.environmentFiles, [])
  }])
}

data "aws_iam_policy_document" "task_exec_assume" {
  count = var.create_task_exec_iam_role ? 1 : 0

  statement {
    sid     = "ECSTaskExecutionAssumeRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "task_exec" {
  count = var.create_task_exec_iam_role ? 1 : 0

  name_prefix        = "${var.name}-"
  assume_role_policy = data.aws_iam_policy_document.task_exec_assume[0].json
}

data "aws_iam_policy_document" "task_exec" {
  count = var.create_task_exec_policy ? 1 : 0

  statement {
    sid = "Logs"
    actions = [
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = length(var.task_exec_ssm_param_arns) > 0 ? [1] : []

    content {
      sid       = "GetSSMParams"
      actions   = ["ssm:GetParameters"]
      resources = var.task_exec_ssm_param_arns
    }
  }

  dynamic "statement" {
    for_each = length(var.task_exec_secret_arns) > 0 ? [1] : []

    content {
      sid       = "GetSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = var.task_exec_secret_arns
    }
  }

  dynamic "statement" {
    for_each = var.task_exec_iam_statements

    content {
      sid           = try(statement.value.sid, null)
      actions       = try(statement.value.actions, null)
      not_actions   = try(statement.value.not_actions, null)
      effect        = try(statement.value.effect, null)
      resources     = try(statement.value.resources, null)
      not_resources = try(statement.value.not_resources, null)
    }
  }
}

resource "aws_iam_policy" "task_exec" {
  count = var.create_task_exec_policy ? 1 : 0

  name_prefix = "${var.name}-"
  policy      = data.aws_iam_policy_document.task_exec[0].json
}

resource "aws_iam_role_policy_attachment" "task_exec" {
  count = var.create_task_exec_policy ? 1 : 0

  role       = aws_iam_role.task_exec[0].name
  policy_arn = aws_iam_policy.task_exec[0].arn
}
