
variable "service" { default = "" }
variable "name" { default = null }
variable "image" { default = null }
variable "essential" { default = null }
variable "environment" { default = [] }
variable "environment_files" { default = [] }
variable "secrets" { default = [] }
variable "enable_logging" { default = true }
data "aws_region" "current" {}
locals {
  log_group_name = try(coalesce(null, "/aws/ecs/${var.service}/${var.name}"), "")
  log_configuration = { for k, v in {
    logDriver = "awslogs"
    options = {
      awslogs-region        = data.aws_region.current.name
      awslogs-group         = try(aws_cloudwatch_log_group.this[0].name, "")
      awslogs-stream-prefix = "ecs"
    }
  } : k => v if var.enable_logging }
  definition = {
    name             = var.name
    image            = var.image
    essential        = var.essential
    environment      = var.environment
    environmentFiles = length(var.environment_files) > 0 ? var.environment_files : null
    secrets          = length(var.secrets) > 0 ? var.secrets : null
    logConfiguration = length(local.log_configuration) > 0 ? local.log_configuration : null
    command          = length([]) > 0 ? [] : null
  }
  container_definition = { for k, v in local.definition : k => v if v != null }
}
resource "aws_cloudwatch_log_group" "this" {
  count             = var.enable_logging ? 1 : 0
  name              = local.log_group_name
  retention_in_days = 30
}
output "container_definition" { value = local.container_definition }
