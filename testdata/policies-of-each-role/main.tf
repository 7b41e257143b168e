locals {
  services = toset(["web", "jobs"])
  trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["ec2.amazonaws.com"] }
    }]
  }
}

resource "aws_secretsmanager_secret" "app" {
  for_each = local.services

  name = "shop/${each.key}"
}

resource "aws_iam_policy" "app" {
  for_each = local.services

  name = "read-${each.key}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = aws_secretsmanager_secret.app[each.key].arn
    }]
  })
}

resource "aws_iam_role" "app" {
  for_each = local.services

  name               = "${each.key}-execution"
  assume_role_policy = jsonencode(local.trust)
}

resource "aws_iam_role" "task" {
  name               = "task"
  assume_role_policy = jsonencode(local.trust)
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.services

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.app[each.key].arn
  task_role_arn            = aws_iam_role.task.arn

  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/docker/library/busybox:1.36"
    secrets = [{ name = "PASSWORD", valueFrom = aws_secretsmanager_secret.app[each.key].arn }]
  }])
}
