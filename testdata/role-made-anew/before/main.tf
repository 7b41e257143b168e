data "aws_caller_identity" "current" {}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "former" {
  name               = "anew"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "stays" {
  name               = "stays"
  assume_role_policy = local.trust
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = { anew = aws_iam_role.former.arn, stays = aws_iam_role.stays.arn }
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value

  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-named-files/app.env" }]
    secrets          = [{ name = "TOKEN", valueFrom = "/named/token" }]
  }])
}
