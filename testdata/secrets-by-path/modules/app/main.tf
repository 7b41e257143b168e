variable "name" {
  type = string
}

variable "execution_role_arn" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = var.execution_role_arn

  container_definitions = jsonencode([{
    name    = var.name
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 128
    secrets = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
  }])
}
