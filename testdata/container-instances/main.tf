# Tasks on EC2 without an execution role: what pulls the image and writes the logs is the role of the instances.

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "ec2" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

# `complete` may all of it, `bare` nothing, `strange` may all of it but EC2 cannot assume it.
resource "aws_iam_role" "instance" {
  for_each = toset(["complete", "bare", "strange"])

  name = "instance-${each.key}"
  assume_role_policy = each.key != "strange" ? data.aws_iam_policy_document.ec2.json : jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "instance" {
  for_each = toset(["complete", "strange"])

  role       = aws_iam_role.instance[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "instance" {
  for_each = aws_iam_role.instance

  name = each.value.name
  role = each.value.name
}

resource "aws_launch_template" "instance" {
  for_each = aws_iam_instance_profile.instance

  name          = "instance-${each.key}"
  image_id      = "ami-12c6146b"
  instance_type = "t3.medium"

  iam_instance_profile {
    arn = each.value.arn
  }
}

resource "aws_autoscaling_group" "instance" {
  for_each = aws_launch_template.instance

  name               = "instance-${each.key}"
  availability_zones = ["ap-northeast-1a"]
  min_size           = 0
  max_size           = 1

  launch_template {
    id      = each.value.id
    version = each.key == "bare" ? "$Latest" : each.value.latest_version
  }
}

resource "aws_ecs_capacity_provider" "instance" {
  for_each = aws_autoscaling_group.instance

  name = "instance-${each.key}"

  auto_scaling_group_provider {
    auto_scaling_group_arn = each.value.arn
  }
}

resource "aws_ecs_cluster" "main" {
  name = "main"
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = concat([for each in aws_ecs_capacity_provider.instance : each.name], ["FARGATE"])

  default_capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.instance["bare"].name
    weight            = 1
  }
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/app"
}

locals {
  # What each service names, and what its tasks run on.
  services = {
    complete  = { providers = ["complete"], launch_type = null }
    bare      = { providers = ["bare"], launch_type = null }
    strange   = { providers = ["strange"], launch_type = null }
    either    = { providers = ["complete", "bare"], launch_type = null }
    defaulted = { providers = [], launch_type = null }
    somewhere = { providers = [], launch_type = "EC2" }
    mixed     = { providers = ["complete", "FARGATE"], launch_type = null }
  }
}

resource "aws_ecs_task_definition" "app" {
  for_each = merge(local.services, { alone = null })

  family       = each.key
  network_mode = "bridge"

  container_definitions = jsonencode([{
    name      = "app"
    image     = "${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-1.amazonaws.com/app:1"
    memory    = 256
    essential = true
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = aws_cloudwatch_log_group.app.name, "awslogs-region" = "ap-northeast-1", "awslogs-stream-prefix" = "app" }
    }
  }])
}

# A secret is read with the execution role, wherever the task runs.
resource "aws_ecs_task_definition" "secret" {
  family                   = "secret"
  requires_compatibilities = ["EC2"]

  container_definitions = jsonencode([{
    name             = "app"
    image            = "nginx"
    memory           = 256
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::config/app.env" }]
  }])
}

resource "aws_ecs_service" "app" {
  for_each = local.services

  name            = each.key
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.app[each.key].arn
  launch_type     = each.value.launch_type

  dynamic "capacity_provider_strategy" {
    for_each = each.value.providers
    content {
      capacity_provider = capacity_provider_strategy.value == "FARGATE" ? "FARGATE" : aws_ecs_capacity_provider.instance[capacity_provider_strategy.value].name
      weight            = 1
    }
  }

  depends_on = [aws_ecs_cluster_capacity_providers.main]
}
