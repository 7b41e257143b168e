terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-1"
}

locals {
  trust = {
    for service in ["ecs-tasks", "elasticfilesystem"] : service => jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "${service}.amazonaws.com" } }]
    })
  }
  # How each task mounts the file system: through the access point or not, and for writing or not.
  mounts = {
    reader  = { point = null, read_only = true }
    writer  = { point = null, read_only = false }
    point   = { point = aws_s3files_access_point.web.arn, read_only = false }
    around  = { point = null, read_only = false }
    inside  = { point = null, read_only = true }
    nobody  = { point = null, read_only = true }
    foreign = { point = null, read_only = true }
  }
}

resource "aws_s3_bucket" "data" {
  bucket = "acme-shared-files"
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_iam_role" "sync" {
  name               = "acme-shared-files"
  assume_role_policy = local.trust["elasticfilesystem"]
}

resource "aws_s3files_file_system" "data" {
  bucket   = aws_s3_bucket.data.arn
  role_arn = aws_iam_role.sync.arn
}

resource "aws_s3files_access_point" "web" {
  file_system_id = aws_s3files_file_system.data.id
  posix_user {
    uid = 1000
    gid = 1000
  }
}

# Lets the role of `point` in through the access point, and the role of `around` nowhere else.
resource "aws_s3files_file_system_policy" "data" {
  file_system_id = aws_s3files_file_system.data.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ThroughThePoint"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.task["point"].arn }
        Action    = ["s3files:ClientMount", "s3files:ClientWrite"]
        Condition = { StringEquals = { "s3files:AccessPointArn" = aws_s3files_access_point.web.arn } }
      },
      {
        Sid       = "NotAroundThePoint"
        Effect    = "Deny"
        Principal = { AWS = aws_iam_role.task["around"].arn }
        Action    = "s3files:Client*"
        Condition = { StringNotEquals = { "s3files:AccessPointArn" = aws_s3files_access_point.web.arn } }
      },
    ]
  })
}

resource "aws_iam_role" "task" {
  for_each           = local.mounts
  name               = "${each.key}-task"
  assume_role_policy = local.trust["ecs-tasks"]
}

resource "aws_iam_role_policy_attachment" "reader" {
  role       = aws_iam_role.task["reader"].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FilesClientReadOnlyAccess"
}

resource "aws_iam_role_policy" "writer" {
  role = aws_iam_role.task["writer"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3files:ClientMount", Resource = aws_s3files_file_system.data.arn },
    ]
  })
}

resource "aws_iam_role_policy" "around" {
  role = aws_iam_role.task["around"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3files:*", Resource = "*" }]
  })
}

resource "aws_iam_role_policy" "inside" {
  role = aws_iam_role.task["inside"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "s3files:ClientMount"
      Resource  = aws_s3files_file_system.data.arn
      Condition = { StringEquals = { "aws:SourceVpc" = "vpc-0a1b2c3d" } }
    }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.mounts
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task[each.key].arn

  volume {
    name = "files"
    s3files_volume_configuration {
      file_system_arn  = each.key == "foreign" ? "arn:aws:s3files:eu-west-1:123456789012:file-system/fs-0a1b2c3d4e5f60718" : aws_s3files_file_system.data.arn
      access_point_arn = each.value.point
    }
  }

  container_definitions = jsonencode([{
    name        = "app"
    image       = "public.ecr.aws/docker/library/busybox:1.37"
    mountPoints = [{ sourceVolume = "files", containerPath = "/files", readOnly = each.value.read_only }]
  }])
}

resource "aws_ecs_task_definition" "roleless" {
  family                   = "roleless"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512

  volume {
    name = "files"
    s3files_volume_configuration {
      file_system_arn  = aws_s3files_file_system.data.arn
      access_point_arn = aws_s3files_access_point.web.arn
      root_directory   = "/incoming"
    }
  }

  container_definitions = jsonencode([{
    name        = "app"
    image       = "public.ecr.aws/docker/library/busybox:1.37"
    mountPoints = [{ sourceVolume = "files", containerPath = "/files" }]
  }])
}
