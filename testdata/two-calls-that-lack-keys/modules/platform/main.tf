module "orders" {
  source = "../service"

  name    = "${var.name}-orders"
  secrets = { DB = var.orders_secret_arn }
}

module "billing" {
  source = "../service"

  name    = "${var.name}-billing"
  secrets = { DB = var.billing_secret_arn }
}
