resource "aws_kms_key" "orders" {
  description = "orders"
}

resource "aws_kms_key" "billing" {
  description = "billing"
}

resource "aws_secretsmanager_secret" "orders" {
  name       = "orders/db"
  kms_key_id = aws_kms_key.orders.arn
}

resource "aws_secretsmanager_secret" "billing" {
  name       = "billing/db"
  kms_key_id = aws_kms_key.billing.arn
}

module "platform" {
  source = "./modules/platform"

  name               = "shop"
  orders_secret_arn  = aws_secretsmanager_secret.orders.arn
  billing_secret_arn = aws_secretsmanager_secret.billing.arn
}
