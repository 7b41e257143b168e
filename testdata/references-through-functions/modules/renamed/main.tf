variable "arn" { type = string }

output "exec" { value = replace(var.arn, "-task", "-exec") }
