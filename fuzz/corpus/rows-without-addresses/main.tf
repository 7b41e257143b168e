resource "aws_iam_role" "orders" {
}
resource "aws_iam_role_policy" "orders" {
}
resource "aws_ecs_task_definition" "orders" {
  family             = "orders"
  execution_role_arn = aws_iam_role.orders.arn
    environmentFiles = [
    ]
  }])
