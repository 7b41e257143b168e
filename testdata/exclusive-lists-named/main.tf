# Exclusive lists for each team, which would remove a new policy that they do not name.
provider "aws" {
  region = "ap-northeast-1"
}

variable "teams" {
  type    = set(string)
  default = ["growth", "risk"]
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
  for_each           = toset(var.teams)
  name               = "${each.value}-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachments_exclusive" "execution" {
  for_each    = aws_iam_role.execution
  role_name   = each.value.name
  policy_arns = ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]
}

resource "aws_iam_role_policies_exclusive" "execution" {
  for_each     = aws_iam_role.execution
  role_name    = each.value.name
  policy_names = []
}

resource "aws_secretsmanager_secret" "team" {
  for_each = toset(var.teams)
  name     = "${each.value}/app"
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = toset(var.teams)
  family                   = each.value
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.value].arn
  container_definitions = jsonencode([{
    name  = "app"
    image = "public.ecr.aws/nginx/nginx:1.27"
    secrets = [{
      name      = "APP"
      valueFrom = aws_secretsmanager_secret.team[each.value].arn
    }]
  }])
}
