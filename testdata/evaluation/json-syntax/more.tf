resource "aws_ssm_parameter" "bucket" {
  name  = "/json/${var.prefix}/bucket"
  type  = "String"
  value = local.read
}
