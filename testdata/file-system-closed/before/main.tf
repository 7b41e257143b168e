# Web's file system has no policy; that on mails' names another role.
locals {
  tasks = toset(["web", "jobs", "mails"])
}

resource "aws_efs_file_system" "data" {
  for_each       = local.tasks
  creation_token = "acme-${each.key}"
}

resource "aws_efs_file_system_policy" "jobs" {
  file_system_id = aws_efs_file_system.data["jobs"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.task["jobs"].arn }
      Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource  = aws_efs_file_system.data["jobs"].arn
    }]
  })
}

resource "aws_efs_file_system_policy" "mails" {
  file_system_id = aws_efs_file_system.data["mails"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.task["web"].arn }
      Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource  = aws_efs_file_system.data["mails"].arn
    }]
  })
}

resource "aws_iam_role" "task" {
  for_each = local.tasks
  name     = "data-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.tasks
  family                   = "data-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task[each.key].arn

  volume {
    name = "data"
    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.data[each.key].id
      transit_encryption = "ENABLED"
      authorization_config {
        iam = "ENABLED"
      }
    }
  }

  container_definitions = jsonencode([{
    name        = "app"
    image       = "public.ecr.aws/docker/library/nginx:1.27"
    essential   = true
    mountPoints = [{ sourceVolume = "data", containerPath = "/data", readOnly = true }]
  }])
}
