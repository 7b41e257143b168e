data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config"
}

resource "aws_secretsmanager_secret" "db" {
  name = "shop/db"
}

resource "aws_cloudwatch_log_group" "shop" {
  name = "/ecs/shop"
}

resource "aws_iam_role" "shop" {
  name               = "shop-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# Reads the password of the database: the reference lacks its colons, and nothing grants the secret.
resource "aws_ecs_task_definition" "shop" {
  family                   = "shop"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.shop.arn

  container_definitions = jsonencode([
    {
      name      = "shop"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = [
        { name = "DB_PASSWORD", valueFrom = "${aws_secretsmanager_secret.db.arn}:password" },
      ]
    },
  ])
}

resource "aws_iam_role" "files" {
  name               = "files-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# The environment file is named by a URL, and nothing grants it.
resource "aws_ecs_task_definition" "files" {
  family                   = "files"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.files.arn

  container_definitions = jsonencode([
    {
      name             = "files"
      image            = "public.ecr.aws/nginx/nginx:1.27"
      essential        = true
      environmentFiles = [{ type = "s3", value = "s3://acme-config/files/prod.env" }]
    },
  ])
}

resource "aws_iam_role" "logs" {
  name               = "logs-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# The log driver has no group, and nothing grants writing to it.
resource "aws_ecs_task_definition" "logs" {
  family                   = "logs"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.logs.arn

  container_definitions = jsonencode([
    {
      name      = "logs"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-region"        = "ap-northeast-1"
          "awslogs-stream-prefix" = "logs"
        }
      }
    },
  ])
}
