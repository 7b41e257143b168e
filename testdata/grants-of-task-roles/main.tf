provider "aws" {
  region = "eu-west-1"
}

resource "aws_secretsmanager_secret" "app" {
  for_each = toset(["web", "jobs"])
  name     = "${each.key}/db"
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

data "aws_iam_policy_document" "task" {
  for_each = toset(["web", "jobs"])

  statement {
    sid       = "Queue"
    actions   = ["sqs:SendMessage", "sqs:ReceiveMessage"]
    resources = ["arn:aws:sqs:eu-west-1:123456789012:${each.key}"]
  }

  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.app[each.key].arn]
  }
}

resource "aws_iam_role_policy" "task" {
  for_each = aws_iam_role.task

  name   = "task"
  role   = each.value.id
  policy = data.aws_iam_policy_document.task[each.key].json
}

resource "aws_ecs_task_definition" "app" {
  for_each = aws_iam_role.execution

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  task_role_arn            = aws_iam_role.task[each.key].arn

  container_definitions = jsonencode([{
    name      = each.key
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true
    secrets   = [{ name = "DB", valueFrom = aws_secretsmanager_secret.app[each.key].arn }]
  }])
}
