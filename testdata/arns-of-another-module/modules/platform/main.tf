variable "secrets" {
  type = map(string)
}

module "iam" {
  source = "../iam"
  name   = "platform"
}

module "service" {
  source             = "../service"
  name               = "platform"
  execution_role_arn = module.iam.execution_role_arn
  secrets            = var.secrets
}
