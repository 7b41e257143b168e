provider "aws" {
  region = "eu-west-1"
}

resource "aws_s3_bucket" "config" {
  bucket = "config-9917"
}

resource "aws_secretsmanager_secret" "jobs" {
  name = "jobs"
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

resource "aws_iam_role" "execution" {
  for_each           = toset(["web", "jobs"])
  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "task" {
  for_each           = toset(["web", "jobs"])
  name               = "${each.key}-task"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "execution" {
  for_each   = aws_iam_role.execution
  role       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "web_task" {
  name = "app"
  role = aws_iam_role.task["web"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Table"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]
        Resource = "*"
      },
      {
        Sid      = "Config"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = "${aws_s3_bucket.config.arn}/*"
      },
      {
        Sid      = "Locate"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation"]
        Resource = aws_s3_bucket.config.arn
      },
    ]
  })
}

resource "aws_iam_policy" "secrets" {
  name = "secrets-of-jobs"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = aws_secretsmanager_secret.jobs.arn
      },
    ]
  })
}

locals {
  task_policies = {
    secrets = aws_iam_policy.secrets.arn
  }
}

resource "aws_iam_role_policy_attachment" "jobs_task" {
  for_each   = local.task_policies
  role       = aws_iam_role.task["jobs"].name
  policy_arn = each.value
}

locals {
  containers = {
    web  = { environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web.env" }] }
    jobs = { secrets = [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.jobs.arn }] }
  }
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.containers

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  task_role_arn            = aws_iam_role.task[each.key].arn
  container_definitions = jsonencode([merge(each.value, {
    name      = each.key
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true
  })])
}
