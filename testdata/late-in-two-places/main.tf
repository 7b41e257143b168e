provider "aws" {
  region = "ap-northeast-1"
}

module "roles" {
  source = "./modules/roles"
}

module "service" {
  source = "./modules/service"

  execution_role_arn = module.roles.execution_role_arn
}

module "other" {
  source = "./modules/service"

  name               = "other"
  execution_role_arn = module.roles.execution_role_arn
}
