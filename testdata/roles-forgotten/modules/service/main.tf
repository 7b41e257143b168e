variable "name" {
  type = string
}

variable "image" {
  type = string
}

variable "tags" {
  type    = map(string)
  default = {}
}

data "aws_partition" "current" {}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.name}-app"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions    = local.containers
  tags                     = var.tags
}

locals {
  containers = jsonencode([{
    name  = "app"
    image = "${var.image}:1"
  }])
}
