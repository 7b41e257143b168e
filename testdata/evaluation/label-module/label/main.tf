variable "enabled" {
  type    = bool
  default = true
}

variable "namespace" {
  type    = string
  default = ""
}

variable "stage" {
  type    = string
  default = ""
}

variable "name" {
  type    = string
  default = ""
}

variable "delimiter" {
  type    = string
  default = null
}

variable "attributes" {
  type    = list(string)
  default = []
}

variable "label_order" {
  type    = list(string)
  default = null
}

locals {
  defaults = { label_order = ["namespace", "stage", "name", "attributes"], delimiter = "-" }
  replaced = "/[^a-zA-Z0-9-]/"

  delimiter   = coalesce(var.delimiter, local.defaults.delimiter)
  label_order = length(coalesce(var.label_order, [])) > 0 ? var.label_order : local.defaults.label_order
  attributes  = compact(distinct([for each in var.attributes : lower(replace(each, local.replaced, ""))]))
  parts = {
    namespace  = lower(replace(var.namespace, local.replaced, ""))
    stage      = lower(replace(var.stage, local.replaced, ""))
    name       = lower(replace(var.name, local.replaced, ""))
    attributes = join(local.delimiter, local.attributes)
  }
  labels = [for part in local.label_order : local.parts[part] if length(local.parts[part]) > 0]
  id     = join(local.delimiter, local.labels)
  tags   = { for key, value in merge(local.parts, { name = local.id }) : title(key) => value if length(value) > 0 }
}

output "id" {
  value = var.enabled ? local.id : ""
}

output "delimiter" {
  value = local.delimiter
}

output "tags" {
  value = var.enabled ? local.tags : {}
}

output "context" {
  value = merge(local.parts, { enabled = var.enabled })
}
