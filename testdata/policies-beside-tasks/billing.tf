resource "aws_secretsmanager_secret" "billing_db" {
  name = "billing/db"
}

resource "aws_secretsmanager_secret" "billing_api" {
  name = "billing/api"
}

resource "aws_iam_role_policy" "billing" {
  name = "billing"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.billing_db.arn
      },
    ]
  })
}

resource "aws_ecs_task_definition" "billing" {
  family                   = "billing"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name      = "billing"
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets = [
        { name = "API", valueFrom = aws_secretsmanager_secret.billing_api.arn },
        { name = "DB", valueFrom = aws_secretsmanager_secret.billing_db.arn },
      ]
    },
  ])
}
