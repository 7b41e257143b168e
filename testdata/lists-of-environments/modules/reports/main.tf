variable "settings" {
  type = object({
    secrets  = map(string)
    readable = optional(list(string), [])
  })
}

module "service" {
  source = "../service"

  name        = "reports"
  secrets     = var.settings.secrets
  secret_arns = var.settings.readable
}
