data "aws_region" "current" {}

resource "aws_ssm_parameter" "endpoint" {
  name  = "/app/endpoint"
  type  = "String"
  value = "https://app.${data.aws_region.current.name}.example.com"
}

resource "aws_secretsmanager_secret" "token" {
  name = "app/token"
}

output "parameter_arn" {
  value = aws_ssm_parameter.endpoint.arn
}

output "secret_arn" {
  value = aws_secretsmanager_secret.token.arn
}
