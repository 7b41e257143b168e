# What exists when a task starts, and what shows it.
provider "aws" {
  region = "ap-northeast-1"
}

locals {
  image = "public.ecr.aws/docker/library/busybox:2"
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_ecs_cluster" "main" {
  name = "exists"
}

# It is allowed everything that start-up needs, except to create log groups.
resource "aws_iam_role" "execution" {
  name               = "exists-execution"
  assume_role_policy = local.trust

  inline_policy {
    name = "start"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameters", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "*"
      }]
    })
  }
}

# Their log driver creates the group if there is none. running's was written to before, when its role was allowed to
# create it; stuck's role never was, so that nothing shows that the group exists.
resource "aws_ecs_task_definition" "running" {
  family             = "exists-running"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name        = "app"
    image       = local.image
    memory      = 256
    environment = [{ name = "MODE", value = "live" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = "/exists/running"
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
        awslogs-create-group  = "true"
      }
    }
  }])
}

resource "aws_ecs_task_definition" "stuck" {
  family             = "exists-stuck"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name        = "app"
    image       = local.image
    memory      = 256
    environment = [{ name = "MODE", value = "live" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = "/exists/stuck"
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
        awslogs-create-group  = "true"
      }
    }
  }])
}

# Groups that the driver creates if there are none.
resource "aws_cloudwatch_log_group" "made" {
  name = "/exists/made"
}

data "aws_cloudwatch_log_group" "found" {
  name = "/exists/found"
}

resource "aws_vpc" "new" {
  cidr_block = "10.1.0.0/16"
}

locals {
  groups = {
    made  = "/exists/made"
    found = data.aws_cloudwatch_log_group.found.name
    other = "/exists/other"
    new   = "/exists/${aws_vpc.new.id}"
  }
}

resource "aws_ecs_task_definition" "logs" {
  for_each           = local.groups
  family             = "exists-${each.key}"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name   = "app"
    image  = local.image
    memory = 256
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = each.value
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
        awslogs-create-group  = "true"
      }
    }
  }])
}

# The name of the group comes from another stack, whose state shows nothing else of it.
data "terraform_remote_state" "network" {
  backend = "local"
  config  = { path = "${path.module}/network.json" }
}

resource "aws_ecs_task_definition" "shared" {
  family             = "exists-shared"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name   = "app"
    image  = local.image
    memory = 256
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = data.terraform_remote_state.network.outputs.log_group
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "app"
      }
    }
  }])
}

# New secrets: one without a value, one that a script fills before its service starts, and one that is looked up.
resource "aws_secretsmanager_secret" "bare" {
  name = "exists/bare"
}

resource "aws_secretsmanager_secret" "filled" {
  name = "exists/filled"
}

resource "terraform_data" "fill" {
  triggers_replace = aws_secretsmanager_secret.filled.arn

  provisioner "local-exec" {
    command = "true"
  }
}

data "aws_secretsmanager_secret" "found" {
  name = "exists/found"
}

# Parameters that are named by plain strings: one service waits for its parameter, the other does not.
resource "aws_ssm_parameter" "mode" {
  for_each = toset(["hasty", "patient"])
  name     = "/exists/${each.key}"
  type     = "String"
  value    = "live"
}

locals {
  values = {
    bare    = aws_secretsmanager_secret.bare.arn
    filled  = aws_secretsmanager_secret.filled.arn
    found   = data.aws_secretsmanager_secret.found.arn
    hasty   = "/exists/hasty"
    patient = "/exists/patient"
  }
}

resource "aws_ecs_task_definition" "values" {
  for_each                 = local.values
  family                   = "exists-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = local.image
    secrets = [{ name = "VALUE", valueFrom = each.value }]
  }])
}

resource "aws_ecs_service" "waiting" {
  for_each        = toset(["filled", "patient"])
  name            = each.key
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.values[each.key].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [terraform_data.fill, aws_ssm_parameter.mode]
}

resource "aws_ecs_service" "hasty" {
  for_each        = toset(["bare", "found", "hasty"])
  name            = each.key
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.values[each.key].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }
}
