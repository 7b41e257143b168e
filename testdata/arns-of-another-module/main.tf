# The secrets are in one module and the roles in another, which has no input for their ARNs.
provider "aws" {
  region = "us-east-1"
}

module "secrets" {
  source = "./modules/secrets"
  names  = ["db", "token"]
}

module "web_iam" {
  source = "./modules/iam"
  name   = "web"
}

module "worker_iam" {
  source = "./modules/iam"
  name   = "worker"
}

module "cron_iam" {
  source = "./modules/iam"
  name   = "cron"
}

module "web" {
  source             = "./modules/service"
  name               = "web"
  execution_role_arn = module.web_iam.execution_role_arn
  secrets = {
    DB  = module.secrets.arns["db"]
    API = module.secrets.api_arn
  }
}

module "worker" {
  source             = "./modules/service"
  name               = "worker"
  execution_role_arn = module.worker_iam.execution_role_arn
  secrets            = { TOKEN = module.secrets.arns["token"] }
}

module "cron" {
  source             = "./modules/service"
  name               = "cron"
  execution_role_arn = module.cron_iam.execution_role_arn
  secrets            = {}
}

module "platform" {
  source  = "./modules/platform"
  secrets = { TOKEN = module.secrets.arns["token"] }
}
