resource "aws_secretsmanager_secret" "orders" {
  name = "orders/db"
}

resource "aws_secretsmanager_secret" "payments" {
  name = "payments/db"
}

module "platform" {
  source = "./modules/platform"

  teams = {
    orders = {
      secrets = { DB = aws_secretsmanager_secret.orders.arn }
    }
    payments = {
      secrets = { DB = aws_secretsmanager_secret.payments.arn }
    }
  }
}
