variable "name" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

module "role" {
  source = "../role"

  name = "${var.name}-execution"
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.role.arn

  container_definitions = jsonencode([
    {
      name      = var.name
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets   = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    },
  ])
}
