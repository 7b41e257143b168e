variable "name" {
  type = string
}

variable "trust" {
  type = string
}

variable "parameters" {
  type = object({ queue = string, token = string })
}

variable "with_token" {
  type    = bool
  default = true
}

variable "tracing" {
  type    = bool
  default = false
}

resource "aws_ssm_parameter" "collector" {
  name  = "/${var.name}/collector"
  type  = "SecureString"
  value = "changeme"
}

resource "aws_ssm_parameter" "sampling" {
  name  = "/${var.name}/sampling"
  type  = "SecureString"
  value = "changeme"
}

resource "aws_secretsmanager_secret" "tracing" {
  name = "${var.name}/tracing"
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-execution"
  assume_role_policy = var.trust
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.this.arn

  container_definitions = jsonencode([
    {
      name      = "worker"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = concat(
        [{ name = "QUEUE", valueFrom = var.parameters.queue }],
        var.with_token ? [{ name = "TOKEN", valueFrom = var.parameters.token }] : [],
        !var.tracing ? [] : [
          { name = "TRACE_COLLECTOR", valueFrom = aws_ssm_parameter.collector.arn },
          { name = "TRACE_SAMPLING", valueFrom = aws_ssm_parameter.sampling.arn },
          { name = "TRACE_TOKEN", valueFrom = aws_secretsmanager_secret.tracing.arn },
        ],
      )
    },
  ])
}
