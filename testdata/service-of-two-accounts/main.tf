# A service in the account and the region of most objects of another stack (../stack-in-two-accounts).
data "aws_caller_identity" "me" {}
data "aws_region" "here" {}

resource "aws_iam_role" "orders" {
  name = "acme-orders"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "orders" {
  name = "orders"
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-orders-archive/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "*" },
      { Effect = "Allow", Action = "ecr:*", Resource = "*" },
    ]
  })
}

resource "aws_ecs_task_definition" "orders" {
  family             = "orders"
  execution_role_arn = aws_iam_role.orders.arn
  container_definitions = jsonencode([{
    name      = "orders"
    image     = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/acme/orders:1"
    memory    = 256
    essential = true
    environmentFiles = [
      { type = "s3", value = "arn:aws:s3:::acme-orders-archive/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-orders-files/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-orders-near/prod.env" },
    ]
  }])
}
