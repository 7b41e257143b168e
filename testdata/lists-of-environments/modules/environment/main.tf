variable "name" {
  type = string
}

variable "services" {
  type = map(object({
    secrets              = map(string)
    readable_secret_arns = list(string)
  }))
}

module "service" {
  source   = "../service"
  for_each = var.services

  name        = "${var.name}-${each.key}"
  secrets     = each.value.secrets
  secret_arns = each.value.readable_secret_arns
}
