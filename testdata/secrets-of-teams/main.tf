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
  teams = toset(["orders", "billing", "search"])
}

resource "aws_secretsmanager_secret" "datadog" {
  name = "platform/datadog"
}

resource "aws_secretsmanager_secret" "team" {
  for_each = local.teams

  name = "${each.key}/db"
}

resource "aws_iam_role" "team" {
  for_each = local.teams

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "shared" {
  statement {
    sid    = "Logs"
    effect = "Allow"
    actions = [
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]
    resources = ["${aws_cloudwatch_log_group.teams.arn}:*"]
  }
}

resource "aws_cloudwatch_log_group" "teams" {
  name = "/ecs/teams"
}

resource "aws_iam_policy" "shared" {
  name   = "ecs-shared"
  policy = data.aws_iam_policy_document.shared.json
}

resource "aws_iam_role_policy_attachment" "shared" {
  for_each = local.teams

  role       = aws_iam_role.team[each.key].name
  policy_arn = aws_iam_policy.shared.arn
}

resource "aws_ecs_task_definition" "team" {
  for_each = local.teams

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.team[each.key].arn

  container_definitions = jsonencode([
    {
      name      = each.key
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = [
        { name = "DB_PASSWORD", valueFrom = "${aws_secretsmanager_secret.team[each.key].arn}:password::" },
        { name = "DD_API_KEY", valueFrom = aws_secretsmanager_secret.datadog.arn },
      ]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.teams.name
          awslogs-region        = "ap-northeast-1"
          awslogs-stream-prefix = each.key
        }
      }
    },
  ])
}
