data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

locals {
  services = {
    api    = { enable_secrets = true, enable_files = false }
    worker = { enable_secrets = true, enable_files = true }
    static = { enable_secrets = false, enable_files = true }
  }
}

resource "aws_s3_bucket" "env" {
  bucket = "acme-env"
}

resource "aws_secretsmanager_secret" "shared" {
  name = "platform/shared"
}

resource "aws_iam_role" "execution" {
  for_each = local.services

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "files" {
  for_each = { for key, value in local.services : key => value if value.enable_files }

  name = "files"
  role = aws_iam_role.execution[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${aws_s3_bucket.env.arn}/${each.key}/*"
      },
      {
        Effect   = "Allow"
        Action   = "s3:GetBucketLocation"
        Resource = aws_s3_bucket.env.arn
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
      image            = "public.ecr.aws/nginx/nginx:1.27"
      essential        = true
      secrets          = each.value.enable_secrets ? [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.shared.arn }] : []
      environmentFiles = each.value.enable_files ? [{ type = "s3", value = "${aws_s3_bucket.env.arn}/${each.key}/prod.env" }] : []
    },
  ])
}
