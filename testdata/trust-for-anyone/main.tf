# Three trust policies that name everybody: outright, beside ECS, and only for an organization, which is none of it.

locals {
  ecs    = { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }
  anyone = { Effect = "Allow", Action = "sts:*", Principal = "*" }
  member = {
    Effect    = "Allow"
    Action    = "sts:AssumeRole"
    Principal = { AWS = "*" }
    Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
  }
  trust = {
    alone  = [local.anyone]
    beside = [local.ecs, merge(local.anyone, { Principal = { AWS = ["*"] } })]
    member = [local.ecs, local.member]
  }
}

resource "aws_iam_role" "execution" {
  for_each           = local.trust
  name               = "${each.key}-execution"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_ecs_task_definition" "app" {
  for_each              = local.trust
  family                = each.key
  execution_role_arn    = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{ name = "app", image = "public.ecr.aws/nginx/nginx:1.27", memory = 64 }])
}
