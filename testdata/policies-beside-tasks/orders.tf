resource "aws_secretsmanager_secret" "orders_db" {
  name = "orders/db"
}

resource "aws_secretsmanager_secret" "orders_api" {
  name = "orders/api"
}

resource "aws_iam_role_policy" "orders" {
  name = "orders"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.orders_db.arn
      },
    ]
  })
}

resource "aws_ecs_task_definition" "orders" {
  family                   = "orders"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name      = "orders"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = [
        { name = "API", valueFrom = aws_secretsmanager_secret.orders_api.arn },
        { name = "DB", valueFrom = aws_secretsmanager_secret.orders_db.arn },
      ]
    },
  ])
}
