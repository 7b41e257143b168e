# Boundaries and policies of keys and buckets that several roles meet: each is changed once for all of them.
data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "env" {
  bucket = "acme-env-files"
}

resource "aws_secretsmanager_secret" "orders" {
  name = "orders/db"
}

resource "aws_secretsmanager_secret" "billing" {
  name = "billing/db"
}

resource "aws_iam_policy" "boundary" {
  name   = "ecs-boundary"
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Logs",
          "Effect": "Allow",
          "Action": ["logs:*", "ecr:*"],
          "Resource": "*"
        }
      ]
    }
  EOT
}

resource "aws_iam_role" "orders" {
  name                 = "orders-execution"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role" "billing" {
  name                 = "billing-execution"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "orders" {
  name = "files"
  role = aws_iam_role.orders.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${aws_s3_bucket.env.arn}/orders/*"
      },
      {
        Effect   = "Allow"
        Action   = "s3:GetBucketLocation"
        Resource = aws_s3_bucket.env.arn
      },
    ]
  })
}

resource "aws_ecs_task_definition" "orders" {
  family                   = "orders"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.orders.arn

  container_definitions = jsonencode([
    {
      name             = "orders"
      image            = "public.ecr.aws/nginx/nginx:1.27"
      essential        = true
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.env.arn}/orders/prod.env" }]
      secrets          = [{ name = "DB", valueFrom = aws_secretsmanager_secret.orders.arn }]
    },
  ])
}

resource "aws_ecs_task_definition" "billing" {
  family                   = "billing"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.billing.arn

  container_definitions = jsonencode([
    {
      name      = "billing"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets   = [{ name = "DB", valueFrom = aws_secretsmanager_secret.billing.arn }]
    },
  ])
}
