# Two of three calls of one module lack what is not the same for both: a file each, and two parameters or one.
data "aws_caller_identity" "me" {}

locals {
  parameters = {
    api    = ["database", "token"]
    worker = ["database"]
    docs   = []
  }
}

resource "aws_ssm_parameter" "app" {
  for_each = toset(flatten([for service, names in local.parameters : [for name in names : "${service}/${name}"]]))

  name  = "/shop/${each.key}"
  type  = "String"
  value = "x"
}

module "service" {
  source   = "./service"
  for_each = local.parameters

  name       = each.key
  account    = data.aws_caller_identity.me.account_id
  parameters = { for name in each.value : upper(name) => aws_ssm_parameter.app["${each.key}/${name}"].arn }
  env_file   = each.key == "docs" ? null : "arn:aws:s3:::shop-env-files/${each.key}/app.env"
}
