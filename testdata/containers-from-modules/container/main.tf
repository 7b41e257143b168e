variable "container_name" {
  type = string
}

variable "container_image" {
  type = string
}

variable "essential" {
  type    = bool
  default = true
}

variable "environment" {
  type    = map(string)
  default = {}
}

variable "environment_files" {
  type    = list(object({ value = string, type = string }))
  default = []
}

variable "command" {
  type    = list(string)
  default = null
}

locals {
  environment = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]

  definition = {
    name             = var.container_name
    image            = var.container_image
    essential        = var.essential
    command          = var.command
    environment      = length(local.environment) > 0 ? local.environment : null
    environmentFiles = length(var.environment_files) > 0 ? var.environment_files : null
  }
  without_null = { for key, value in local.definition : key => value if value != null }
}

output "json_map_object" {
  value = local.without_null
}

output "json_map_encoded" {
  value = jsonencode(local.without_null)
}
