variable "name" {
  type = string
}

variable "tracing" {
  type    = bool
  default = false
}

variable "collector_arn" {
  type = string
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode(concat(
    [
      {
        name      = var.name
        image     = "public.ecr.aws/nginx/nginx:1.27"
        essential = true
      },
    ],
    var.tracing ? [
      {
        name      = "collector"
        image     = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.0"
        essential = false
        secrets   = [{ name = "AOT_CONFIG_CONTENT", valueFrom = var.collector_arn }]
      },
    ] : []
  ))
}
