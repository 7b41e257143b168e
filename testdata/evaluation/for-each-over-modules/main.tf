# One role per service from a module; the caller iterates over the module itself.
locals {
  services = {
    web    = { prefix = "web" }
    worker = { prefix = "jobs/worker" }
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config-shared"
}

module "role" {
  source   = "./role"
  for_each = local.services
  name     = each.key
}

resource "aws_iam_role_policy" "read" {
  for_each = module.role

  name = "read-${each.key}"
  role = each.value.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "${aws_s3_bucket.config.arn}/${local.services[each.key].prefix}/*"
    }]
  })
}

resource "aws_ssm_parameter" "roles" {
  name  = "/deploy/roles"
  type  = "String"
  value = jsonencode({ for name, role in module.role : name => role.arn })
}
