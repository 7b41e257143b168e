provider "aws" {
  region = "ap-northeast-1"
}

locals {
  services = {
    api   = { port = 8080 }
    cart  = { port = 8081 }
    mails = { port = 8082 }
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.services

  name = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.services

  name = "start-up"
  role = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" },
    ]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each = local.services

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([
    {
      name         = "web"
      image        = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/${each.key}:1.2"
      portMappings = [{ containerPort = each.value.port }]
    },
  ])
}
