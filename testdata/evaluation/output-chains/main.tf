# Objects of outputs handed from module to module, three levels deep and back.
module "files" {
  source = "./files"
  names  = ["web", "jobs"]
}

module "platform" {
  source = "./platform"
  files  = module.files
}

output "policy" {
  value = module.platform.access.policy_arn
}
