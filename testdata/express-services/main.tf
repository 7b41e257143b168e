terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 6.0" }
  }
}
provider "aws" { region = "ap-northeast-1" }

resource "aws_secretsmanager_secret" "db" { name = "express/db" }
resource "aws_ecr_repository" "app" { name = "express/app" }
resource "aws_iam_role" "exec" {
  for_each = toset(["good", "bad"])
  name     = "express-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}
resource "aws_iam_role_policy_attachment" "exec" {
  for_each   = aws_iam_role.exec
  role       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}
resource "aws_iam_role_policy" "good" {
  role = aws_iam_role.exec["good"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.db.arn }]
  })
}
resource "aws_iam_role" "infra" {
  name = "express-infra"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs.amazonaws.com" } }]
  })
}
resource "aws_ecs_express_gateway_service" "app" {
  for_each                = aws_iam_role.exec
  service_name            = "express-${each.key}"
  execution_role_arn      = each.value.arn
  infrastructure_role_arn = aws_iam_role.infra.arn
  primary_container {
    image = "${aws_ecr_repository.app.repository_url}:1"
    secret {
      name       = "DB"
      value_from = aws_secretsmanager_secret.db.arn
    }
    environment {
      name  = "A"
      value = "b"
    }
  }
  depends_on = [aws_iam_role_policy_attachment.exec]
}
