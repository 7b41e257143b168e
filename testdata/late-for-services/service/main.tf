variable "name" {
  type = string
}

variable "cluster" {
  type = string
}

variable "subnet" {
  type = string
}

variable "role_arn" {
  type = string
}

variable "container" {
  type = any
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = var.role_arn
  container_definitions = jsonencode([merge(var.container, {
    name  = var.name
    image = "public.ecr.aws/docker/library/busybox:2"
  })])
}

resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = var.cluster
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [var.subnet]
  }
}
