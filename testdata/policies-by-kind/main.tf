provider "aws" {
  region = "eu-west-1"
}

resource "aws_secretsmanager_secret" "db" {
  name = "shop/db"
}

resource "aws_secretsmanager_secret" "mail" {
  name = "shop/mail"
}

locals {
  policy_resources = {
    secrets    = [aws_secretsmanager_secret.db.arn]
    parameters = ["*"]
  }
}

module "role" {
  source = "./role"

  name = "shop"
}

module "policy" {
  source   = "./policy"
  for_each = local.policy_resources

  role      = module.role.name
  kind      = each.key
  resources = each.value
}

resource "aws_ecs_task_definition" "shop" {
  family                   = "shop"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.role.arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "nginx:1.27"
    secrets = [{ name = "DB", valueFrom = aws_secretsmanager_secret.db.arn }, { name = "MAIL", valueFrom = aws_secretsmanager_secret.mail.arn }]
  }])
}
