terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "task" {
  name               = "shop-task"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

locals {
  # Whom the policy of each file system lets in, and whether the volume is encrypted on its way.
  volumes = {
    web  = { principal = "*", encryption = "ENABLED" }
    jobs = { principal = aws_iam_role.task.arn, encryption = "ENABLED" }
    mail = { principal = "*", encryption = "DISABLED" }
  }
}

resource "aws_efs_file_system" "data" {
  for_each = local.volumes
}

resource "aws_efs_file_system_policy" "data" {
  for_each = local.volumes

  file_system_id = aws_efs_file_system.data[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = each.value.principal }
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource  = aws_efs_file_system.data[each.key].arn
        Condition = { Bool = { "elasticfilesystem:AccessedViaMountTarget" = "true" } }
      },
      {
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "*"
        Resource  = aws_efs_file_system.data[each.key].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.volumes

  family        = each.key
  task_role_arn = aws_iam_role.task.arn

  volume {
    name = "data"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.data[each.key].id
      transit_encryption = each.value.encryption
    }
  }

  container_definitions = jsonencode([{
    name        = "app"
    image       = "public.ecr.aws/docker/library/busybox:latest"
    memory      = 64
    mountPoints = [{ sourceVolume = "data", containerPath = "/data" }]
  }])
}
