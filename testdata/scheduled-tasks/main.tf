# Tasks that no service runs, or not only a service: rules, schedules, pipes, state machines and task sets start them.
data "aws_iam_policy_document" "trust" {
  for_each = toset(["ec2", "ecs-tasks", "events", "scheduler", "pipes", "states"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "starter" {
  for_each           = toset(["events", "scheduler", "pipes", "states"])
  name               = "start-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}

# Instances: `complete` may pull and log, `bare` may nothing.
resource "aws_iam_role" "instance" {
  for_each           = toset(["complete", "bare"])
  name               = "scheduled-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust["ec2"].json
}

resource "aws_iam_role_policy_attachment" "instance" {
  role       = aws_iam_role.instance["complete"].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "instance" {
  for_each = aws_iam_role.instance
  name     = each.value.name
  role     = each.value.name
}

resource "aws_launch_template" "instance" {
  for_each      = aws_iam_instance_profile.instance
  name          = "scheduled-${each.key}"
  image_id      = "ami-12c6146b"
  instance_type = "t3.medium"
  iam_instance_profile {
    arn = each.value.arn
  }
}

resource "aws_autoscaling_group" "instance" {
  for_each           = aws_launch_template.instance
  name               = "scheduled-${each.key}"
  availability_zones = ["ap-northeast-1a"]
  min_size           = 0
  max_size           = 1
  launch_template {
    id      = each.value.id
    version = "$Latest"
  }
}

resource "aws_ecs_capacity_provider" "instance" {
  for_each = aws_autoscaling_group.instance
  name     = "scheduled-${each.key}"
  auto_scaling_group_provider {
    auto_scaling_group_arn = each.value.arn
  }
}

resource "aws_ecs_cluster" "main" {
  name = "scheduled"
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = [for each in aws_ecs_capacity_provider.instance : each.name]
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/scheduled"
}

# Without an execution role: what they run on decides.
resource "aws_ecs_task_definition" "instance" {
  for_each     = toset(["rule", "schedule", "service_and_schedule", "nobody"])
  family       = "scheduled-${each.key}"
  network_mode = "bridge"

  container_definitions = jsonencode([{
    name      = "app"
    image     = "public.ecr.aws/docker/library/nginx:1.27"
    memory    = 256
    essential = true
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = aws_cloudwatch_log_group.app.name, "awslogs-region" = "ap-northeast-1", "awslogs-stream-prefix" = "app" }
    }
  }])
}

resource "aws_ecs_task_definition" "sized" {
  for_each     = toset(["on_fargate", "in_task_set", "in_state"])
  family       = "scheduled-${each.key}"
  network_mode = "awsvpc"
  cpu          = 256
  memory       = 512

  container_definitions = aws_ecs_task_definition.instance["rule"].container_definitions
}

resource "aws_cloudwatch_event_rule" "hourly" {
  name                = "hourly"
  schedule_expression = "rate(1 hour)"
}

resource "aws_cloudwatch_event_target" "rule" {
  rule     = aws_cloudwatch_event_rule.hourly.name
  arn      = aws_ecs_cluster.main.arn
  role_arn = aws_iam_role.starter["events"].arn
  ecs_target {
    task_definition_arn = aws_ecs_task_definition.instance["rule"].arn
    capacity_provider_strategy {
      capacity_provider = aws_ecs_capacity_provider.instance["complete"].name
      weight            = 1
    }
  }
}

resource "aws_cloudwatch_event_target" "on_fargate" {
  rule     = aws_cloudwatch_event_rule.hourly.name
  arn      = aws_ecs_cluster.main.arn
  role_arn = aws_iam_role.starter["events"].arn
  ecs_target {
    task_definition_arn = aws_ecs_task_definition.sized["on_fargate"].arn_without_revision
    launch_type         = "FARGATE"
    network_configuration {
      subnets = ["subnet-1"]
    }
  }
}

resource "aws_scheduler_schedule" "bare" {
  for_each            = toset(["schedule", "service_and_schedule"])
  name                = each.key
  schedule_expression = "rate(1 day)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_ecs_cluster.main.arn
    role_arn = aws_iam_role.starter["scheduler"].arn
    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.instance[each.key].arn
      capacity_provider_strategy {
        capacity_provider = aws_ecs_capacity_provider.instance["bare"].name
        weight            = 1
      }
    }
  }
}

resource "aws_ecs_service" "complete" {
  name            = "complete"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.instance["service_and_schedule"].arn
  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.instance["complete"].name
    weight            = 1
  }
}

resource "aws_ecs_service" "by_sets" {
  name    = "by-sets"
  cluster = aws_ecs_cluster.main.id
  deployment_controller {
    type = "EXTERNAL"
  }
}

resource "aws_ecs_task_set" "blue" {
  service         = aws_ecs_service.by_sets.id
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.sized["in_task_set"].arn
  launch_type     = "FARGATE"
}

# With an execution role, in the place of which pipes and state machines name another one.
resource "aws_iam_role" "execution" {
  for_each           = toset(["reader", "second_reader", "writer"])
  name               = "scheduled-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust["ecs-tasks"].json
}

resource "aws_iam_role_policy" "read" {
  for_each = toset(["reader", "second_reader"])
  name     = "read"
  role     = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.token.arn }]
  })
}

resource "aws_secretsmanager_secret" "token" {
  name = "scheduled/token"
}

locals {
  # The role of the definition, and the one that its tasks are started with.
  replaced = {
    alike  = { own = "reader", other = "second_reader" }
    worse  = { own = "reader", other = "writer" }
    better = { own = "writer", other = "reader" }
  }
  hourly = [{ type = "s3", value = "arn:aws:s3:::scheduled/hourly.env" }]
}

resource "aws_ecs_task_definition" "replaced" {
  for_each                 = merge(local.replaced, { state = local.replaced.worse })
  family                   = "replaced-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.value.own].arn

  container_definitions = jsonencode([{
    name      = "app"
    image     = "public.ecr.aws/docker/library/nginx:1.27"
    essential = true
    secrets   = [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.token.arn }]
  }])
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "aws_pipes_pipe" "jobs" {
  for_each = local.replaced
  name     = each.key
  role_arn = aws_iam_role.starter["pipes"].arn
  source   = aws_sqs_queue.jobs.arn
  target   = aws_ecs_cluster.main.arn
  target_parameters {
    ecs_task_parameters {
      task_definition_arn = aws_ecs_task_definition.replaced[each.key].arn
      launch_type         = "FARGATE"
      overrides {
        execution_role_arn = aws_iam_role.execution[each.value.other].arn
      }
    }
  }
}

resource "aws_sfn_state_machine" "jobs" {
  name     = "jobs"
  role_arn = aws_iam_role.starter["states"].arn
  definition = jsonencode({
    StartAt = "Sized"
    States = {
      Sized = {
        Type       = "Task"
        Resource   = "arn:aws:states:::ecs:runTask.sync"
        Parameters = { Cluster = aws_ecs_cluster.main.arn, LaunchType = "FARGATE", TaskDefinition = aws_ecs_task_definition.sized["in_state"].arn }
        Next       = "Other"
      }
      Other = {
        Type     = "Task"
        Resource = "arn:aws:states:::ecs:runTask.sync"
        Parameters = {
          Cluster        = aws_ecs_cluster.main.arn
          LaunchType     = "FARGATE"
          TaskDefinition = aws_ecs_task_definition.replaced["state"].arn
          Overrides      = { ExecutionRoleArn = aws_iam_role.execution["writer"].arn }
        }
        End = true
      }
    }
  })
}

# What a rule passes on as its input is in the place of the definition's role, and of a container's files.
resource "aws_ecs_task_definition" "by_input" {
  for_each                 = toset(["role", "file"])
  family                   = "by-input-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution["reader"].arn
  container_definitions    = aws_ecs_task_definition.replaced["alike"].container_definitions
}

resource "aws_cloudwatch_event_target" "by_input" {
  for_each = aws_ecs_task_definition.by_input
  rule     = aws_cloudwatch_event_rule.hourly.name
  arn      = aws_ecs_cluster.main.arn
  role_arn = aws_iam_role.starter["events"].arn
  input = jsonencode({
    executionRoleArn   = each.key == "role" ? aws_iam_role.execution["writer"].arn : null
    containerOverrides = [{ name = "app", environmentFiles = each.key == "file" ? local.hourly : [] }]
  })
  ecs_target {
    task_definition_arn = each.value.arn
    launch_type         = "FARGATE"
    network_configuration {
      subnets = ["subnet-1"]
    }
  }
}

# A schedule that calls RunTask itself passes all its parameters as one text.
resource "aws_ecs_task_definition" "by_call" {
  family                   = "by-call"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution["reader"].arn
  container_definitions    = aws_ecs_task_definition.replaced["alike"].container_definitions
}

resource "aws_scheduler_schedule" "by_call" {
  name                = "by-call"
  schedule_expression = "rate(1 day)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:scheduler:::aws-sdk:ecs:runTask"
    role_arn = aws_iam_role.starter["scheduler"].arn
    input = jsonencode({
      Cluster        = aws_ecs_cluster.main.arn
      LaunchType     = "FARGATE"
      TaskDefinition = aws_ecs_task_definition.by_call.arn
      Overrides      = { ExecutionRoleArn = aws_iam_role.execution["writer"].arn }
    })
  }
}
