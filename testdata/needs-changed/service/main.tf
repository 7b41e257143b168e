variable "name" {
  type = string
}

variable "image" {
  type    = string
  default = "public.ecr.aws/docker/library/nginx:1.27"
}

variable "principal" {
  type    = string
  default = "ecs-tasks.amazonaws.com"
}

variable "role_arn" {
  type    = string
  default = null
}

variable "secrets" {
  type    = list(string)
  default = []
}

variable "files" {
  type    = list(string)
  default = []
}

variable "log_group" {
  type    = string
  default = null
}

variable "makes_log_group" {
  type    = bool
  default = false
}

variable "grants" {
  type    = map(list(string))
  default = {}
}

resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = var.principal } }]
  })
}

resource "aws_iam_role_policy" "start_up" {
  count = length(var.grants) > 0 ? 1 : 0
  name  = "start-up"
  role  = aws_iam_role.execution.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for resource, actions in var.grants : { Effect = "Allow", Action = actions, Resource = resource }]
  })
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = coalesce(var.role_arn, aws_iam_role.execution.arn)

  container_definitions = jsonencode([{
    name             = "app"
    image            = var.image
    essential        = true
    secrets          = [for index, each in var.secrets : { name = "VALUE_${index}", valueFrom = each }]
    environmentFiles = [for each in var.files : { type = "s3", value = each }]
    logConfiguration = var.log_group == null ? null : {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = var.log_group
        "awslogs-region"        = "ap-northeast-1"
        "awslogs-stream-prefix" = "app"
        "awslogs-create-group"  = tostring(var.makes_log_group)
      }
    }
  }])
}
