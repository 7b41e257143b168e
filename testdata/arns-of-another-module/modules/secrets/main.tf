variable "names" {
  type = set(string)
}

resource "aws_secretsmanager_secret" "this" {
  for_each = var.names
  name     = "platform/${each.key}"
}

resource "aws_secretsmanager_secret" "api" {
  name = "platform-api-key"
}

output "arns" {
  value = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "api_arn" {
  value = aws_secretsmanager_secret.api.arn
}
