variable "name" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

variable "secret_arns" {
  type    = list(string)
  default = []
}

resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "standard" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

data "aws_iam_policy_document" "secrets" {
  count = length(var.secret_arns) > 0 ? 1 : 0

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = var.secret_arns
  }
}

resource "aws_iam_role_policy" "secrets" {
  count = length(var.secret_arns) > 0 ? 1 : 0

  name   = "secrets"
  role   = aws_iam_role.execution.id
  policy = one(data.aws_iam_policy_document.secrets[*].json)
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name    = var.name
      image   = "public.ecr.aws/shipit/worker:1"
      memory  = 128
      secrets = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    },
  ])
}
