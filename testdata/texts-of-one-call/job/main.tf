variable "name" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } },
    ]
  })
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([
    {
      name    = "token"
      image   = "public.ecr.aws/docker/library/busybox:1.37"
      memory  = 64
      secrets = [for name, value in var.secrets : { name = name, valueFrom = value }]
    },
  ])
}

output "execution_role_name" {
  value = aws_iam_role.execution.name
}
