# An output that is named after one bucket has the ARN of the other.
module "storage" {
  source = "./storage"
}

module "service" {
  source            = "./service"
  config_bucket     = module.storage.config_bucket
  config_bucket_arn = module.storage.config_bucket_arn
}
