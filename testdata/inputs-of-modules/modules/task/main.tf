variable "family" {
  type = string
}

variable "execution_role_arn" {
  type = string
}

variable "environment_files" {
  type    = list(string)
  default = []
}

variable "secrets" {
  type    = map(string)
  default = {}
}

resource "aws_ecs_task_definition" "this" {
  family             = var.family
  execution_role_arn = var.execution_role_arn
  container_definitions = jsonencode([
    {
      name             = var.family
      image            = "public.ecr.aws/shipit/app:1"
      memory           = 256
      environmentFiles = [for f in var.environment_files : { type = "s3", value = f }]
      secrets          = [for k, v in var.secrets : { name = k, valueFrom = v }]
    }
  ])
}
