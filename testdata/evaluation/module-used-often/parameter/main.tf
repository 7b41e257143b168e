variable "name" {
  type = string
}

variable "value" {
  type = string
}

variable "tags" {
  type    = map(string)
  default = null
}

resource "aws_ssm_parameter" "this" {
  name  = var.name
  type  = "String"
  value = var.value
  tags  = merge(var.tags, { module = basename(path.module) })
}

output "arn" {
  value = aws_ssm_parameter.this.arn
}
