locals {
  roles = {
    api    = { service = "ecs-tasks.amazonaws.com" }
    worker = { service = "ecs.amazonaws.com" }
    backup = { service = "backup.amazonaws.com" }
  }
}

data "aws_iam_policy_document" "assume" {
  for_each = local.roles

  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [each.value.service]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = local.roles
  name               = "acme-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume[each.key].json
}

resource "aws_iam_role" "cron" {
  for_each = toset(["nightly", "hourly"])
  name     = "cron-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = { Service = each.key == "nightly" ? "ecs-tasks.amazonaws.com" : "events.amazonaws.com" }
    }]
  })
}

resource "aws_ecs_task_definition" "api" {
  family                   = "api"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.this["api"].arn

  container_definitions = jsonencode([{
    name      = "api"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true

  }])
}

resource "aws_ecs_task_definition" "worker" {
  family                   = "worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.this["worker"].arn

  container_definitions = jsonencode([{
    name      = "worker"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true

  }])
}

resource "aws_ecs_task_definition" "nightly" {
  family                   = "nightly"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.cron["nightly"].arn

  container_definitions = jsonencode([{
    name      = "nightly"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true

  }])
}

resource "aws_ecs_task_definition" "hourly" {
  family                   = "hourly"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.cron["hourly"].arn

  container_definitions = jsonencode([{
    name      = "hourly"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true

  }])
}
