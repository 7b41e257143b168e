data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

locals {
  accounts = [for n in range(100, 320) : "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:legacy/${n}"]
}

resource "aws_secretsmanager_secret" "web" {
  name = "web/db"
}

resource "aws_s3_bucket" "config" {
  bucket = "web-config-eu"
}

resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "web" {
  name = "secrets"
  role = aws_iam_role.web.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = slice(local.accounts, 0, 141)
      },
    ]
  })
}

resource "aws_iam_role" "jobs" {
  name               = "jobs"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "jobs" {
  name = "jobs"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = slice(local.accounts, 0, 84)
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "jobs" {
  role       = aws_iam_role.jobs.name
  policy_arn = aws_iam_policy.jobs.arn
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.web.arn

  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/busybox:1.36"
    essential        = true
    secrets          = [{ name = "DB", valueFrom = aws_secretsmanager_secret.web.arn }]
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web.env" }]
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family                   = "jobs"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.jobs.arn

  container_definitions = jsonencode([{
    name             = "jobs"
    image            = "public.ecr.aws/docker/library/busybox:1.36"
    essential        = true
    secrets          = [{ name = "DB", valueFrom = aws_secretsmanager_secret.web.arn }]
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/jobs.env" }]
  }])
}
