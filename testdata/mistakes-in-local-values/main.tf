locals {
  name    = "shop"
  env_url = "s3://${aws_s3_bucket.env.bucket}/shop/prod.env"
  logging = {
    logDriver = "awslogs"
    options = {
      awslogs-group  = "/ecs/shop"
      awslogs-region = "ap-northeast-1"
    }
  }
  defaults = {
    essential        = true
    logConfiguration = local.logging
  }
}

resource "aws_s3_bucket" "env" {
  bucket = "acme-shop-env"
}

resource "aws_secretsmanager_secret" "db" {
  name = "shop/db"
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

resource "aws_iam_role" "exec" {
  name               = "${local.name}-exec"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "exec" {
  role       = aws_iam_role.exec.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "exec" {
  role   = aws_iam_role.exec.name
  policy = <<-JSON
  {
    "Version": "2012-10-17",
    "Statement": [
      {
        "Effect": "Allow",
        "Action": [
          "s3:GetObject"
        ],
        "Resource": "${aws_s3_bucket.env.arn}/shop/prod.env"
      },
      {
        "Effect": "Allow",
        "Action": [
          "s3:GetBucketLocation"
        ],
        "Resource": "${aws_s3_bucket.env.arn}"
      },
      {
        "Effect": "Allow",
        "Action": [
          "secretsmanager:GetSecretValue"
        ],
        "Resource": "${aws_secretsmanager_secret.db.arn}"
      }
    ]
  }
  JSON
}

resource "aws_ecs_task_definition" "shop" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.exec.arn

  container_definitions = jsonencode([
    merge(local.defaults, {
      name  = "web"
      image = "public.ecr.aws/nginx/nginx:1.27"
      environmentFiles = [
        for url in [local.env_url] : {
          type  = "s3"
          value = url
        }
      ]
      secrets = [
        {
          name      = "DB"
          valueFrom = "${aws_secretsmanager_secret.db.arn}:password"
        },
      ]
    }),
  ])
}
