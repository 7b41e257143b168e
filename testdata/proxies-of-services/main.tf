# Services whose tasks get a Service Connect proxy, which writes logs, too: with the execution role of the task, whatever
# that allows the containers. One role is allowed all of it, one is for the wrong group, one is not in this plan.
variable "outside_role_arn" {
  type    = string
  default = "arn:aws:iam::123456789012:role/made-elsewhere"
}

data "aws_region" "current" {}

locals {
  roles = {
    able    = aws_iam_role.execution["able"].arn
    bare    = aws_iam_role.execution["bare"].arn
    outside = var.outside_role_arn
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_ecs_cluster" "main" {
  name = "shop"
}

resource "aws_service_discovery_http_namespace" "main" {
  name = "shop"
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/ecs/app"
}

resource "aws_cloudwatch_log_group" "proxy" {
  name = "/ecs/proxy"
}

resource "aws_kms_key" "tokens" {}

resource "aws_secretsmanager_secret" "token" {
  name       = "proxy/token"
  kms_key_id = aws_kms_key.tokens.arn
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id     = aws_secretsmanager_secret.token.id
  secret_string = "change-me"
}

resource "aws_iam_role" "execution" {
  for_each = toset(["able", "bare"])
  name     = "proxies-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "able" {
  name = "logs"
  role = aws_iam_role.execution["able"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.app.arn}:*", "${aws_cloudwatch_log_group.proxy.arn}:*"]
      },
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.token.arn },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.tokens.arn },
    ]
  })
}

resource "aws_iam_role_policy" "bare" {
  name = "logs"
  role = aws_iam_role.execution["bare"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.app.arn}:*"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.roles
  family                   = "app-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value

  container_definitions = jsonencode([
    {
      name         = "app"
      image        = "public.ecr.aws/nginx/nginx:1.27"
      essential    = true
      portMappings = [{ name = "http", containerPort = 80 }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.app.name
          awslogs-region        = data.aws_region.current.name
          awslogs-stream-prefix = "app"
        }
      }
    },
  ])
}

# Its proxy writes to a group in CloudWatch Logs.
resource "aws_ecs_service" "app" {
  for_each        = local.roles
  name            = "app-${each.key}"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.app[each.key].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.main.arn

    log_configuration {
      log_driver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.proxy.name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = "proxy"
      }
    }
  }

  depends_on = [aws_iam_role_policy.able, aws_iam_role_policy.bare]
}

# The proxy of a second service of the same tasks sends its logs away, with a token that is a secret under a key.
resource "aws_ecs_service" "away" {
  for_each        = local.roles
  name            = "away-${each.key}"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.app[each.key].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.main.arn

    log_configuration {
      log_driver = "splunk"
      options    = { splunk-url = "https://splunk.example.com" }

      secret_option {
        name       = "splunk-token"
        value_from = aws_secretsmanager_secret.token.arn
      }
    }
  }

  depends_on = [aws_iam_role_policy.able, aws_iam_role_policy.bare, aws_secretsmanager_secret_version.token]
}
