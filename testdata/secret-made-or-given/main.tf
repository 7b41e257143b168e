# A module creates a secret unless its caller passes one, and grants neither.
provider "aws" {
  region = "ap-northeast-1"
}

resource "aws_secretsmanager_secret" "shared" {
  name = "shared"
}

module "given" {
  source = "./job"

  name    = "given"
  key_arn = aws_secretsmanager_secret.shared.arn
  is_made = false
}

module "made" {
  source = "./job"

  name = "made"
}
