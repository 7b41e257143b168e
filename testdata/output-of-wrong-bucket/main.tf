# An output named for one bucket gives the other one's ARN.
module "storage" {
  source = "./storage"
}

module "service" {
  source            = "./service"
  config_bucket     = module.storage.config_bucket
  config_bucket_arn = module.storage.config_bucket_arn
}
