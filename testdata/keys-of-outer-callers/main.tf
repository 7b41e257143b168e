# What only the root module can name is lacking two and three modules further down.
provider "aws" {
  region = "us-west-2"
}

locals {
  teams = {
    red  = { size = 256 }
    blue = { size = 512 }
  }
}

variable "tenants" {
  type    = set(string)
  default = ["acme", "globex"]
}

resource "aws_kms_key" "tenant" {
  for_each    = var.tenants
  description = "${each.value} configuration"
}

resource "aws_s3_bucket" "tenant" {
  for_each = var.tenants
  bucket   = "config-${each.value}-7f3a"
}

resource "aws_s3_object" "env" {
  for_each   = var.tenants
  bucket     = aws_s3_bucket.tenant[each.key].id
  key        = "app.env"
  content    = "MODE=prod\n"
  kms_key_id = aws_kms_key.tenant[each.key].arn
}

module "tenant" {
  source   = "./modules/stack"
  for_each = var.tenants

  tenant       = each.value
  apps         = ["front", "back"]
  env_file_arn = aws_s3_object.env[each.key].arn
}

resource "aws_kms_key" "parameters" {
  description = "parameters of teams"
}

resource "aws_ssm_parameter" "token" {
  for_each = local.teams
  name     = "/teams/${each.key}/token"
  type     = "SecureString"
  value    = "set-by-hand"
  key_id   = aws_kms_key.parameters.arn

  lifecycle {
    ignore_changes = [value]
  }
}

module "team" {
  source   = "./modules/team"
  for_each = local.teams

  name      = each.key
  cpu       = each.value.size
  token_arn = aws_ssm_parameter.token[each.key].arn
}
