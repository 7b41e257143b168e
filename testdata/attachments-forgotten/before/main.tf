provider "aws" {
  region = "ap-northeast-1"
}

data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_cloudwatch_log_group" "ecs" {
  name = "/ecs/shop"
}

resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role" "lost" {
  name               = "lost"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role" "forgotten" {
  name               = "forgotten"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role" "own" {
  name               = "own"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy_attachment" "web" {
  role       = aws_iam_role.web.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy_attachment" "lost" {
  role       = aws_iam_role.lost.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "own" {
  name = "logs"
  role = aws_iam_role.own.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream"]
        Resource = ["${aws_cloudwatch_log_group.ecs.arn}:*"]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.web.arn

  container_definitions = jsonencode([{
    name   = "web"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.ecs.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "web"
      }
    }
  }])
}

resource "aws_ecs_task_definition" "lost" {
  family             = "lost"
  execution_role_arn = aws_iam_role.lost.arn

  container_definitions = jsonencode([{
    name   = "lost"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.ecs.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "lost"
      }
    }
  }])
}

resource "aws_ecs_task_definition" "forgotten" {
  family             = "forgotten"
  execution_role_arn = aws_iam_role.forgotten.arn

  container_definitions = jsonencode([{
    name   = "forgotten"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.ecs.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "forgotten"
      }
    }
  }])
}

resource "aws_ecs_task_definition" "own" {
  family             = "own"
  execution_role_arn = aws_iam_role.own.arn

  container_definitions = jsonencode([{
    name   = "own"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.ecs.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "own"
      }
    }
  }])
}

resource "aws_iam_role" "keyed" {
  for_each = toset(["api", "jobs"])

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy_attachment" "keyed" {
  for_each = toset(["api"])

  role       = aws_iam_role.keyed[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_ecs_task_definition" "keyed" {
  for_each = aws_iam_role.keyed

  family             = each.key
  execution_role_arn = each.value.arn

  container_definitions = jsonencode([{
    name   = each.key
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 128
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.ecs.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = each.key
      }
    }
  }])
}
