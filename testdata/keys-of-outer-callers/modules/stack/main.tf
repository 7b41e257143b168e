variable "tenant" {
  description = "The tenant's name."
  type        = string
}

variable "apps" {
  description = "Names of the tenant's applications."
  type        = set(string)
}

variable "env_file_arn" {
  description = "ARN of the tenant's environment file."
  type        = string
}

module "app" {
  source   = "../app"
  for_each = var.apps

  name         = "${var.tenant}-${each.value}"
  env_file_arn = var.env_file_arn
}
