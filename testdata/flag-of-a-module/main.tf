locals {
  services = {
    api    = { tracing = true }
    worker = { tracing = false }
    batch  = { tracing = true }
  }
}

resource "aws_ssm_parameter" "collector" {
  name  = "/platform/collector"
  type  = "SecureString"
  value = "changeme"
}

module "service" {
  source   = "./service"
  for_each = local.services

  name          = each.key
  tracing       = each.value.tracing
  collector_arn = aws_ssm_parameter.collector.arn
}
