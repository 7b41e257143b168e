# A module for each service, whose list of statements lacks the environment file of the service.
provider "aws" {
  region = "ap-northeast-1"
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config-files"
}

resource "aws_secretsmanager_secret" "app" {
  for_each = toset(["web", "worker"])
  name     = "app/${each.key}"
}

module "role" {
  source   = "./modules/role"
  for_each = toset(["web", "worker"])

  name       = each.key
  secret_arn = aws_secretsmanager_secret.app[each.key].arn
  bucket_arn = aws_s3_bucket.config.arn
}

resource "aws_ecs_task_definition" "app" {
  for_each = module.role

  family             = each.key
  execution_role_arn = each.value.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/nginx/nginx:1.27"
    memory           = 128
    secrets          = [{ name = "APP", valueFrom = aws_secretsmanager_secret.app[each.key].arn }]
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}.env" }]
  }])
}
