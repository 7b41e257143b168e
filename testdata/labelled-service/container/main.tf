
variable "container_name" {}
variable "container_image" {}
variable "map_environment" { default = null }
variable "map_secrets" { default = null }
variable "secrets" {
  type    = list(object({ name = string, valueFrom = string }))
  default = []
}
variable "environment" { default = [] }
variable "log_configuration" { default = null }
variable "container_definition" { default = {} }
locals {
  env_map  = { for e in var.environment : e.name => e.value }
  env_keys = length(var.map_environment != null ? var.map_environment : {}) > 0 ? sort(keys(var.map_environment)) : sort(keys(local.env_map))
  env_vars = var.map_environment != null ? var.map_environment : local.env_map
  env_list = [for k in local.env_keys : { name = k, value = lookup(local.env_vars, k) } if lookup(local.env_vars, k) != null]
  sec_map  = { for s in var.secrets : s.name => s.valueFrom }
  sec_vars = var.map_secrets != null ? var.map_secrets : local.sec_map
  sec_keys = sort(keys(local.sec_vars))
  sec_list = [for k in local.sec_keys : { name = k, valueFrom = lookup(local.sec_vars, k) }]
  log      = var.log_configuration == null ? null : { logDriver = tostring(lookup(var.log_configuration, "logDriver")), options = lookup(var.log_configuration, "options", null), secretOptions = lookup(var.log_configuration, "secretOptions", null) }
  definition = {
    name             = var.container_name
    image            = var.container_image
    essential        = true
    environment      = length(local.env_list) > 0 ? local.env_list : null
    secrets          = length(local.sec_list) > 0 ? local.sec_list : null
    logConfiguration = local.log
    mountPoints      = []
  }
  without_null = { for k, v in local.definition : k => v if v != null }
  final        = merge(local.without_null, var.container_definition)
  json_map     = jsonencode(local.final)
}
output "json_map_encoded_list" { value = "[${local.json_map}]" }
output "json_map_object" { value = jsondecode(local.json_map) }
