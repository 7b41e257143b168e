# The region comes from the environment; the look-up names another one.

data "aws_region" "standby" {
  name = "us-west-2"
}

resource "aws_cloudwatch_log_group" "mailer" {
  name = "/ecs/mailer"
}

resource "aws_iam_role" "mailer" {
  name = "mailer"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "mailer" {
  role = aws_iam_role.mailer.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "ssm:GetParameters"
        Resource = "arn:aws:ssm:${data.aws_region.standby.name}:*:parameter/mailer/*"
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.mailer.arn}:*"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "mailer" {
  family                   = "mailer"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.mailer.arn

  container_definitions = jsonencode([{
    name    = "mailer"
    image   = "docker.io/library/nginx:1.27"
    secrets = [{ name = "TOKEN", valueFrom = "/mailer/token" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.mailer.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "mailer"
      }
    }
  }])
}
