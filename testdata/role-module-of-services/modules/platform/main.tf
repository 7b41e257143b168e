variable "teams" {
  type = map(object({
    secrets = optional(map(string), {})
  }))
}

module "service" {
  source   = "../service"
  for_each = var.teams

  name    = each.key
  secrets = each.value.secrets
}
