# One module creates the secrets, by their paths, another the role, which is passed the ARNs of those that it reads, and a third
# the task definition. One secret is not passed.
provider "aws" {
  region = "ap-northeast-1"
}

module "secrets" {
  source = "./modules/secrets"
  names  = ["app/db", "app/mail"]
}

module "iam" {
  source      = "./modules/iam"
  name        = "app"
  secret_arns = [module.secrets.arns["app/db"]]
}

module "app" {
  source             = "./modules/app"
  name               = "app"
  execution_role_arn = module.iam.execution_role_arn
  secrets = {
    DB   = module.secrets.arns["app/db"]
    MAIL = module.secrets.arns["app/mail"]
  }
}
