# The services of services-by-revision with another tag of the image: a new revision of each, which fixes nothing.
variable "image_tag" {
  type    = string
  default = "2.0.0"
}

data "aws_region" "current" {}

locals {
  containers = jsonencode([{
    name   = "app"
    image  = "example/app:${var.image_tag}"
    memory = 128
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.app.name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = "app"
      }
    }
  }])

  unaided = toset(["newest", "plain", "unversioned", "looked-up", "by-family", "adrift"])
  fargate = {
    newest      = "${aws_ecs_task_definition.app["newest"].family}:${max(aws_ecs_task_definition.app["newest"].revision, data.aws_ecs_task_definition.app["newest"].revision)}"
    plain       = "${aws_ecs_task_definition.app["plain"].family}:${aws_ecs_task_definition.app["plain"].revision}"
    unversioned = "${aws_ecs_task_definition.app["unversioned"].arn_without_revision}:${max(1, aws_ecs_task_definition.app["unversioned"].revision)}"
    looked-up   = data.aws_ecs_task_definition.app["looked-up"].arn
    by-family   = aws_ecs_task_definition.app["by-family"].family
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_ecs_cluster" "main" {
  name = "shop"
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/ecs/app"
}

resource "aws_iam_role" "execution" {
  name = "proxied"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each              = local.unaided
  family                = each.key
  network_mode          = "awsvpc"
  cpu                   = 256
  memory                = 512
  container_definitions = local.containers
}

data "aws_ecs_task_definition" "app" {
  for_each        = toset(["newest", "looked-up"])
  task_definition = aws_ecs_task_definition.app[each.key].family
  depends_on      = [aws_ecs_task_definition.app]
}

resource "aws_ecs_service" "app" {
  for_each        = local.fargate
  name            = each.key
  cluster         = aws_ecs_cluster.main.id
  task_definition = each.value
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  # The emulated AWS cannot update a service.
  lifecycle {
    replace_triggered_by = [aws_ecs_task_definition.app[each.key]]
  }
}

# The instances of this one serve its logs: its network is none that Fargate has.
resource "aws_ecs_task_definition" "bridged" {
  family                = "bridged"
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "proxied" {
  family                = "proxied"
  network_mode          = "awsvpc"
  cpu                   = 256
  memory                = 512
  execution_role_arn    = aws_iam_role.execution.arn
  container_definitions = jsonencode([{ name = "app", image = "example/app:${var.image_tag}" }])
}

resource "aws_ecs_service" "proxied" {
  name            = "proxied"
  cluster         = aws_ecs_cluster.main.id
  task_definition = format("%s:%d", aws_ecs_task_definition.proxied.family, aws_ecs_task_definition.proxied.revision)
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  lifecycle {
    replace_triggered_by = [aws_ecs_task_definition.proxied]
  }

  service_connect_configuration {
    enabled = true
    log_configuration {
      log_driver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.app.name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = "proxy"
      }
    }
  }
}
