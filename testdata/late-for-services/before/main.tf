locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_ecs_cluster" "main" {
  name = "shop"
}

resource "aws_ssm_parameter" "mode" {
  name  = "/shop/mode"
  type  = "String"
  value = "live"
}

resource "aws_iam_role" "running" {
  for_each           = toset(["hasty", "patient"])
  name               = "running-${each.key}"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "running" {
  for_each = aws_iam_role.running
  name     = "read"
  role     = each.value.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ssm:DescribeParameters", Resource = "*" },
    ]
  })
}

resource "aws_ecs_task_definition" "running" {
  for_each                 = aws_iam_role.running
  family                   = "running-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([{
    name  = "app"
    image = "public.ecr.aws/docker/library/busybox:1"
  }])
}

resource "aws_ecs_service" "hasty" {
  name            = "hasty"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.running["hasty"].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }
}

resource "aws_ecs_service" "patient" {
  name            = "patient"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.running["patient"].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [aws_iam_role_policy.running]
}
