# Secrets that are named by their ARN without the hyphen and the six random characters at its end.
data "aws_caller_identity" "current" {}

data "aws_secretsmanager_secret" "shared" {
  name = "shop/shared"
}

resource "aws_secretsmanager_secret" "own" {
  name = "shop/own"
}

locals {
  here  = "arn:aws:secretsmanager:ap-northeast-1:${data.aws_caller_identity.current.account_id}:secret"
  there = "arn:aws:secretsmanager:ap-northeast-1:210987654321:secret"

  cases = {
    exact     = { from = "${local.here}:shop/db", grant = "${local.here}:shop/db" }
    suffix    = { from = "${local.here}:shop/db", grant = "${local.here}:shop/db-??????" }
    star      = { from = "${local.here}:shop/db", grant = "${local.here}:shop/db-*" }
    short     = { from = "${local.here}:shop/db", grant = "${local.here}:shop/db-?????" }
    key       = { from = "${local.here}:shop/db:password::", grant = "${local.here}:shop/db-??????" }
    key-exact = { from = "${local.here}:shop/db:password::", grant = "${local.here}:shop/db" }
    managed   = { from = "${local.here}:${aws_secretsmanager_secret.own.name}", grant = aws_secretsmanager_secret.own.arn }
    looked-up = { from = "${local.here}:shop/shared", grant = data.aws_secretsmanager_secret.shared.arn }
    other     = { from = "${local.here}:shop/db", grant = data.aws_secretsmanager_secret.shared.arn }
    whole     = { from = "${local.here}:shop/db-AbCdEf", grant = "${local.here}:shop/db-AbCdEf" }
    foreign   = { from = "${local.there}:shop/db", grant = "${local.there}:shop/db-??????" }
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.cases
  name     = "partial-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "secret" {
  for_each = local.cases
  name     = "secret"
  role     = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = each.value.grant }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.cases
  family                   = "partial-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name      = "app"
    image     = "public.ecr.aws/docker/library/nginx:1.27"
    essential = true
    secrets   = [{ name = "PASSWORD", valueFrom = each.value.from }]
  }])
}
