# Volumes that are mounted with the task role. What decides is the role's own policy or that of the file system.
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

data "aws_efs_file_system" "archive" {
  creation_token = "acme-archive"
}

locals {
  # The file system, the access point, and whether the container only reads.
  tasks = {
    # The role itself may mount, although the file system's policy does not name it.
    reports = { system = aws_efs_file_system.shared.id, reads = false }
    # Neither its role nor the policy of the file system lets it in: that names the importer's role only.
    stranger = { system = aws_efs_file_system.shared.id, reads = true }
    importer = { system = aws_efs_file_system.shared.id, reads = true }
    # What is granted is granted to the execution role.
    mixup = { system = aws_efs_file_system.shared.id, reads = true }
    # The policy of the file system asks for one access point.
    web  = { system = aws_efs_file_system.points.id, point = aws_efs_access_point.web.id, reads = true }
    jobs = { system = aws_efs_file_system.points.id, point = aws_efs_access_point.jobs.id, reads = true }
    root = { system = aws_efs_file_system.points.id, reads = true }
    # A file system without a policy accepts every client, regardless of the role.
    open = { system = aws_efs_file_system.open.id, reads = false }
    # Outside the plan its policy is not to be seen: one role may mount it, one file system is named by its id.
    archive = { system = data.aws_efs_file_system.archive.id, reads = true }
    lookup  = { system = data.aws_efs_file_system.archive.id, reads = true }
    literal = { system = "fs-0123456789abcdef0", reads = true }
  }
  grants = {
    reports = [aws_efs_file_system.shared.arn]
    archive = [data.aws_efs_file_system.archive.arn]
  }
}

resource "aws_efs_file_system" "shared" {
  creation_token = "acme-shared"
}

resource "aws_efs_file_system" "points" {
  creation_token = "acme-points"
}

resource "aws_efs_file_system" "open" {
  creation_token = "acme-open"
}

resource "aws_efs_access_point" "web" {
  file_system_id = aws_efs_file_system.points.id
}

resource "aws_efs_access_point" "jobs" {
  file_system_id = aws_efs_file_system.points.id
}

resource "aws_efs_file_system_policy" "shared" {
  file_system_id = aws_efs_file_system.shared.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Importer"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.task["importer"].arn }
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource  = aws_efs_file_system.shared.arn
        Condition = { Bool = { "elasticfilesystem:AccessedViaMountTarget" = "true" } }
      },
      {
        Sid       = "Encrypted"
        Effect    = "Deny"
        Principal = "*"
        Action    = "*"
        Resource  = aws_efs_file_system.shared.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

data "aws_iam_policy_document" "points" {
  statement {
    sid       = "Web"
    actions   = ["elasticfilesystem:Client*"]
    resources = [aws_efs_file_system.points.arn]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "elasticfilesystem:AccessPointArn"
      values   = [aws_efs_access_point.web.arn]
    }
  }
}

resource "aws_efs_file_system_policy" "points" {
  file_system_id = aws_efs_file_system.points.id
  policy         = data.aws_iam_policy_document.points.json
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "efs-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "execution" {
  name = "mount"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Mount"
      Effect   = "Allow"
      Action   = "elasticfilesystem:ClientMount"
      Resource = aws_efs_file_system.shared.arn
    }]
  })
}

resource "aws_iam_role" "task" {
  for_each           = local.tasks
  name               = "efs-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "task" {
  for_each = local.grants
  name     = "mount"
  role     = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "elasticfilesystem:ClientMount", Resource = each.value }]
  })
}

# The execution role of the mix-up is the one that may mount; all others have one that may nothing.
resource "aws_iam_role" "bare" {
  name               = "efs-bare"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.tasks
  family                   = "efs-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.key == "mixup" ? aws_iam_role.execution.arn : aws_iam_role.bare.arn
  task_role_arn            = aws_iam_role.task[each.key].arn

  volume {
    name = "data"
    efs_volume_configuration {
      file_system_id     = each.value.system
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = try(each.value.point, null)
        iam             = "ENABLED"
      }
    }
  }

  container_definitions = jsonencode([{
    name        = "app"
    image       = "public.ecr.aws/docker/library/nginx:1.27"
    essential   = true
    mountPoints = [{ sourceVolume = "data", containerPath = "/data", readOnly = each.value.reads }]
  }])
}

# Without IAM authorization no role is asked; the other volumes come from a dynamic block.
resource "aws_ecs_task_definition" "plain" {
  family                   = "efs-plain"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task["stranger"].arn

  dynamic "volume" {
    for_each = { scratch = null, data = "DISABLED", files = "ENABLED" }
    content {
      name = volume.key
      dynamic "efs_volume_configuration" {
        for_each = volume.value == null ? [] : [volume.value]
        content {
          file_system_id     = aws_efs_file_system.shared.id
          transit_encryption = "ENABLED"
          authorization_config {
            iam = efs_volume_configuration.value
          }
        }
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
