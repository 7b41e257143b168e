# One module for all services: docs has neither a file nor parameters, and passes null and an empty map.
provider "aws" {
  region = "eu-west-1"
}

resource "aws_s3_bucket" "env" {
  bucket = "shop-env-files"
}

resource "aws_s3_object" "api" {
  bucket  = aws_s3_bucket.env.id
  key     = "api/app.env"
  content = "LOG_LEVEL=info"
}

resource "aws_ssm_parameter" "jwt_key" {
  name  = "/shop/api/jwt_key"
  type  = "SecureString"
  value = "replaced later"
}

module "api" {
  source = "./modules/service"

  name       = "shop-api"
  bucket     = aws_s3_bucket.env.arn
  env_file   = aws_s3_object.api.arn
  parameters = { JWT_KEY = aws_ssm_parameter.jwt_key.arn }
}

module "docs" {
  source = "./modules/service"

  name   = "shop-docs"
  bucket = aws_s3_bucket.env.arn
}
