variable "files" {
  type = object({
    bucket  = object({ arn = string })
    objects = map(object({ arn = string, key = string }))
  })
}

module "access" {
  source      = "./access"
  bucket_arn  = var.files.bucket.arn
  object_arns = [for object in var.files.objects : object.arn]
}

output "access" {
  value = module.access
}
