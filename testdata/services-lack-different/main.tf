# Each service lacks something else: one policy for all of them is what a reader expects.
locals {
  services = {
    mails   = { secret = true, grants = ["secret"] }
    orders  = { secret = true, grants = ["file"] }
    reports = { secret = false, grants = [] }
    search  = { secret = true, grants = ["file", "secret"] }
  }
}

resource "aws_s3_bucket" "config" {
  for_each = local.services

  bucket = "acme-${each.key}-config"
}

resource "aws_secretsmanager_secret" "database" {
  for_each = local.services

  name = "${each.key}/database"
}

resource "aws_iam_role" "execution" {
  for_each = local.services

  name = "${each.key}-execution"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
      },
    ]
  })
}

resource "aws_iam_role_policy" "files" {
  for_each = { for name, service in local.services : name => service if contains(service.grants, "file") }

  name = "files"
  role = aws_iam_role.execution[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${aws_s3_bucket.config[each.key].arn}/*"
      },
      {
        Effect   = "Allow"
        Action   = "s3:GetBucketLocation"
        Resource = aws_s3_bucket.config[each.key].arn
      },
    ]
  })
}

resource "aws_iam_role_policy" "secrets" {
  for_each = { for name, service in local.services : name => service if contains(service.grants, "secret") }

  name = "secrets"
  role = aws_iam_role.execution[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.database[each.key].arn
      },
    ]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each = local.services

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([
    {
      name             = each.key
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config[each.key].arn}/${each.key}.env" }]
      secrets = each.value.secret ? [
        { name = "DATABASE", valueFrom = aws_secretsmanager_secret.database[each.key].arn },
      ] : []
    },
  ])
}
