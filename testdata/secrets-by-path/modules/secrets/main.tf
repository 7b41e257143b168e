variable "names" {
  type = set(string)
}

resource "aws_secretsmanager_secret" "this" {
  for_each = var.names
  name     = each.key
}

output "arns" {
  value = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}
