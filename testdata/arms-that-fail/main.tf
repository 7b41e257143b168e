# The services run in one task or in a task each. In the arm that is not chosen, one() fails, since there are two services.
variable "in_one_task" {
  type    = bool
  default = false
}

variable "services" {
  type = map(object({
    cpu     = number
    secrets = list(string)
  }))
  default = {
    web  = { cpu = 256, secrets = ["session"] }
    jobs = { cpu = 512, secrets = ["mail", "session"] }
  }
}

locals {
  secrets = toset(flatten([for service in var.services : service.secrets]))

  tasks = var.in_one_task ? {
    (one(keys(var.services))) = { cpu = 1024, services = var.services }
    } : {
    for name, service in var.services : name => { cpu = service.cpu, services = { (name) = service } }
  }
}

resource "aws_secretsmanager_secret" "shop" {
  for_each = local.secrets
  name     = "shop/${each.key}"
}

resource "aws_iam_role" "execution" {
  for_each = local.tasks
  name     = "shop-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "secrets" {
  for_each = local.tasks
  name     = "secrets"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [for secret in flatten(values(each.value.services)[*].secrets) : aws_secretsmanager_secret.shop[secret].arn]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "shop" {
  for_each                 = local.tasks
  family                   = "shop-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = 1024
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([
    for name, service in each.value.services : {
      name      = name
      image     = "public.ecr.aws/docker/library/python:3.12-slim"
      cpu       = service.cpu
      essential = true
      secrets   = [for secret in service.secrets : { name = upper(secret), valueFrom = aws_secretsmanager_secret.shop[secret].arn }]
    }
  ])
}
