# Roles that lack something, and services that start at once: what a fix creates is to be there before them.
locals {
  pair = {
    api  = { role = aws_iam_role.api.arn, file = "api.env" }
    jobs = { role = aws_iam_role.jobs.arn, file = "jobs.env" }
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-start-config"
}

resource "aws_s3_object" "file" {
  for_each = toset(["web.env", "api.env", "jobs.env"])

  bucket  = aws_s3_bucket.config.id
  key     = each.key
  content = "MODE=live\n"
}

resource "aws_ecs_cluster" "main" {
  name = "start"
}

data "aws_iam_policy_document" "ecs_tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "web" {
  name               = "start-web"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_role" "api" {
  name               = "start-api"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_role" "jobs" {
  name               = "start-jobs"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.web.arn

  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web.env" }]
  }])
}

resource "aws_ecs_task_definition" "pair" {
  for_each = local.pair

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.role

  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.value.file}" }]
  }])
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [
    aws_s3_object.file,
  ]
}

# One block for two services, so that what both wait for is one list.
resource "aws_ecs_service" "pair" {
  for_each = local.pair

  name            = each.key
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.pair[each.key].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }
}
