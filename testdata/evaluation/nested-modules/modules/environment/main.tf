variable "name" {
  type = string
}

variable "archive" {
  type    = bool
  default = false
}

module "config" {
  source = "../bucket"
  name   = "acme-${var.name}-config"
}

module "archive" {
  source = "../bucket"
  count  = var.archive ? 1 : 0
  name   = "acme-${var.name}-archive"
}

output "bucket_arns" {
  value = concat([module.config.arn], module.archive[*].arn)
}

output "archive_arn" {
  value = one(module.archive[*].arn)
}
