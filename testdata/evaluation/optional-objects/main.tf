# Objects with optional members and defaults, filled in from terraform.tfvars.
variable "services" {
  type = map(object({
    bucket = optional(string, "shared")
    files  = optional(list(string), [])
    limits = optional(object({
      cpu    = optional(number, 256)
      memory = optional(string)
    }), {})
    public = optional(bool)
  }))
}

resource "aws_s3_bucket" "config" {
  for_each      = toset([for service in var.services : service.bucket])
  bucket_prefix = "acme-${each.value}-"
}

resource "aws_ssm_parameter" "service" {
  for_each = var.services

  name = "/services/${each.key}"
  type = "String"
  value = jsonencode(merge(each.value, {
    files  = [for file in each.value.files : "${aws_s3_bucket.config[each.value.bucket].arn}/${file}"]
    public = coalesce(each.value.public, false)
  }))
}
