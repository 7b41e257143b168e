# Services that refer to the objects of `shared-stack` only by name: in its region, where the names denote them, and in
# another one, where they do not.
provider "aws" {}

provider "aws" {
  alias  = "far"
  region = "eu-west-1"
}

locals {
  containers = {
    for region in ["ap-northeast-1", "eu-west-1"] : region => jsonencode([{
      name                  = "app"
      image                 = "registry.example.com/acme/web:1"
      essential             = true
      repositoryCredentials = { credentialsParameter = "acme/closed" }
      secrets = [
        { name = "TOKEN", valueFrom = "/acme/token" },
        { name = "CLOSED", valueFrom = "/aws/reference/secretsmanager/acme/closed" },
      ]
      logConfiguration = {
        logDriver = "awslogs"
        options   = { awslogs-group = "/acme/services", awslogs-region = region, awslogs-stream-prefix = "app" }
      }
    }])
  }
}

resource "aws_ecs_task_definition" "near" {
  family                   = "near"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/acme-open"
  container_definitions    = local.containers["ap-northeast-1"]
}

resource "aws_ecs_task_definition" "far" {
  provider                 = aws.far
  family                   = "far"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/acme-open"
  container_definitions    = local.containers["eu-west-1"]
}
