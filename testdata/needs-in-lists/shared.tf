locals {
  sharing = {
    web = { secrets = { SESSION = "web/session", DB = "shared/db" } }
    api = { secrets = { DB = "shared/db", STRIPE = "api/stripe" } }
  }
  secret_names = toset(flatten([for app in local.sharing : values(app.secrets)]))
}

resource "aws_secretsmanager_secret" "shared" {
  for_each = local.secret_names
  name     = each.value
}

resource "aws_iam_role" "shared" {
  name_prefix        = "apps-exec-"
  assume_role_policy = aws_iam_role.execution.assume_role_policy
}

resource "aws_iam_role_policy_attachment" "shared" {
  role       = aws_iam_role.shared.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_ecs_task_definition" "shared" {
  for_each           = local.sharing
  family             = each.key
  execution_role_arn = aws_iam_role.shared.arn
  container_definitions = jsonencode([{
    name    = each.key
    image   = "nginx"
    memory  = 128
    secrets = [for env, name in each.value.secrets : { name = env, valueFrom = aws_secretsmanager_secret.shared[name].arn }]
  }])
}
