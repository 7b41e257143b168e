resource "aws_iam_role" "orders" {
}
resource "aws_iam_role_policy" "orders" {
  name = "orders"
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
    ]
  })
}

resource "aws_ecs_task_definition" "orders" {
  family             = "orders"
  execution_role_arn = aws_iam_role.orders.arn
  container_definitions = jsonencode([{
    name      = "orders"
    environmentFiles = [
      { type = "s3", value = "arn:aws:s3:::acme-orders-archive/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-orders-files/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-orders-near/prod.env" },
    ]
  }])
}
