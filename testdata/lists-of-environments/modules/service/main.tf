variable "name" {
  type = string
}

variable "secrets" {
  type = map(string)
}

variable "secret_arns" {
  type = list(string)
}

module "role" {
  source = "../role"

  name        = var.name
  secret_arns = var.secret_arns
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.role.arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "nginx:1.27"
    secrets = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
  }])
}
