variable "name" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

locals {
  tags = {
    Service = var.name
    Team    = "jobs"
  }
}

data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "task" {
  name               = "job-${var.name}-task"
  path               = "/jobs/"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
  tags               = local.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = "job-${var.name}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task.arn
  tags                     = local.tags

  container_definitions = jsonencode([
    {
      name      = "job"
      image     = "public.ecr.aws/docker/library/busybox:1.36"
      essential = true
      secrets   = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    },
  ])
}
