# One module called three times, in three ways; the outputs are merged.
module "orders" {
  source = "./parameter"
  name   = "/shop/orders/url"
  value  = "postgres://orders"
}

module "carts" {
  source = "./parameter"
  name   = "shop/carts/url"
  value  = "redis://carts"
  tags   = { team = "carts" }
}

module "flags" {
  source   = "./parameter"
  for_each = { dark = true, beta = false }
  name     = "/shop/flags/${each.key}"
  value    = each.value
}

locals {
  arns = merge(
    { orders = module.orders.arn, carts = module.carts.arn },
    { for name, flag in module.flags : "flag-${name}" => flag.arn },
  )
}

resource "aws_iam_policy" "read" {
  name = "parameters-read"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = [for name in reverse(keys(local.arns)) : local.arns[name]] },
      { Effect = "Allow", Action = "ssm:GetParametersByPath", Resource = distinct([for arn in values(local.arns) : replace(arn, "/[^/]+$/", "*")]) },
    ]
  })
}
