
variable "context" {
  type    = any
  default = { enabled = true, namespace = null, stage = null, name = null, delimiter = null, attributes = [], label_order = [] }
}
variable "namespace" { default = null }
variable "stage" { default = null }
variable "name" { default = null }
variable "attributes" { default = [] }
variable "delimiter" { default = null }
locals {
  input = {
    enabled    = var.context.enabled
    namespace  = var.namespace == null ? var.context.namespace : var.namespace
    stage      = var.stage == null ? var.context.stage : var.stage
    name       = var.name == null ? var.context.name : var.name
    delimiter  = var.delimiter == null ? var.context.delimiter : var.delimiter
    attributes = compact(distinct(concat(coalesce(var.context.attributes, []), coalesce(var.attributes, []))))
  }
  delimiter  = local.input.delimiter == null ? "-" : local.input.delimiter
  normalized = { for k in ["namespace", "stage", "name"] : k => local.input[k] == null ? "" : lower(replace(local.input[k], "/[^a-zA-Z0-9-]/", "")) }
  attributes = compact(distinct([for v in local.input.attributes : lower(replace(v, "/[^a-zA-Z0-9-]/", ""))]))
  id_context = merge(local.normalized, { attributes = join(local.delimiter, local.attributes) })
  labels     = [for l in ["namespace", "stage", "name", "attributes"] : local.id_context[l] if length(local.id_context[l]) > 0]
  id_full    = join(local.delimiter, local.labels)
  id         = local.input.enabled ? (length(local.id_full) > 64 ? substr(local.id_full, 0, 64) : local.id_full) : ""
}
output "id" { value = local.id }
output "enabled" { value = local.input.enabled }
output "context" { value = local.input }
