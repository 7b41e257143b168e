# Places for a statement of which one is the best: of two policies the one for values, in a `concat` the list that is
# always there, and of the instances of a role those that have a log group.
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

resource "aws_ssm_parameter" "level" {
  name  = "/kind/level"
  type  = "String"
  value = "info"
}

resource "aws_ssm_parameter" "colour" {
  name  = "/kind/colour"
  type  = "String"
  value = "blue"
}

resource "aws_secretsmanager_secret" "db" {
  name = "kind/db"
}

# Two policies that are attached by one block.

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "parameters" {
  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameters"]
    resources = [aws_ssm_parameter.level.arn]
  }
}

resource "aws_iam_policy" "logs" {
  name   = "kind-logs"
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_policy" "parameters" {
  name   = "kind-parameters"
  policy = data.aws_iam_policy_document.parameters.json
}

resource "aws_iam_role" "api" {
  name               = "kind-api"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy_attachment" "api" {
  for_each = {
    logs       = aws_iam_policy.logs.arn
    parameters = aws_iam_policy.parameters.arn
  }

  role       = aws_iam_role.api.name
  policy_arn = each.value
}

resource "aws_ecs_task_definition" "api" {
  family             = "api"
  execution_role_arn = aws_iam_role.api.arn

  container_definitions = jsonencode([{
    name   = "api"
    image  = "public.ecr.aws/acme/api:1"
    memory = 256
    secrets = [
      { name = "DB", valueFrom = aws_secretsmanager_secret.db.arn },
      { name = "LEVEL", valueFrom = aws_ssm_parameter.level.arn },
    ]
  }])
}

# Statements of which some depend on a variable.

variable "pulls" {
  type    = bool
  default = true
}

resource "aws_iam_role" "app" {
  name               = "kind-app"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "app" {
  name = "app"
  role = aws_iam_role.app.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = [aws_secretsmanager_secret.db.arn]
        },
      ],
      var.pulls ? [
        {
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
      ] : [],
    )
  })
}

resource "aws_ecs_task_definition" "app" {
  family             = "app"
  execution_role_arn = aws_iam_role.app.arn

  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/acme/app:1"
    memory  = 256
    secrets = [{ name = "COLOUR", valueFrom = aws_ssm_parameter.colour.arn }]
  }])
}

# Services of which some log.

locals {
  services = {
    cron = { logs = false }
    jobs = { logs = false }
    mail = { logs = true }
    web  = { logs = true }
  }
}

resource "aws_cloudwatch_log_group" "service" {
  for_each = { for key, value in local.services : key => value if value.logs }

  name = "/ecs/kind/${each.key}"
}

resource "aws_iam_role" "service" {
  for_each = local.services

  name               = "kind-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_ecs_task_definition" "service" {
  for_each = local.services

  family             = each.key
  execution_role_arn = aws_iam_role.service[each.key].arn

  container_definitions = jsonencode([
    merge(
      {
        name   = each.key
        image  = "public.ecr.aws/acme/${each.key}:1"
        memory = 256
      },
      each.value.logs ? {
        logConfiguration = {
          logDriver = "awslogs"
          options = {
            awslogs-group         = aws_cloudwatch_log_group.service[each.key].name
            awslogs-region        = "ap-northeast-1"
            awslogs-stream-prefix = each.key
          }
        }
      } : {},
    )
  ])
}

# Statements from the element that everything of a team is repeated for.

locals {
  teams = {
    dev = {
      secrets = { LEVEL = aws_ssm_parameter.level.arn, DB = aws_secretsmanager_secret.db.arn }
      statements = [
        {
          Effect   = "Allow"
          Action   = ["ssm:GetParameters"]
          Resource = [aws_ssm_parameter.level.arn]
        },
      ]
    }
    ops = {
      secrets = { LEVEL = aws_ssm_parameter.level.arn }
      statements = [
        {
          Effect   = "Allow"
          Action   = ["ssm:GetParameters"]
          Resource = [aws_ssm_parameter.level.arn]
        },
      ]
    }
  }
}

resource "aws_iam_role" "team" {
  for_each = local.teams

  name               = "kind-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role_policy" "team" {
  for_each = local.teams

  name = "team"
  role = aws_iam_role.team[each.key].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = each.value.statements
  })
}

resource "aws_ecs_task_definition" "team" {
  for_each = local.teams

  family             = each.key
  execution_role_arn = aws_iam_role.team[each.key].arn

  container_definitions = jsonencode([{
    name    = each.key
    image   = "public.ecr.aws/acme/${each.key}:1"
    memory  = 256
    secrets = [for name, arn in each.value.secrets : { name = name, valueFrom = arn }]
  }])
}
