variable "name" {
  type = string
}

variable "services" {
  type = map(object({
    image   = string
    secrets = optional(map(string), {})
    files   = optional(list(string), [])
  }))
}

resource "aws_s3_bucket" "config" {
  bucket = "${var.name}-config"
}

module "service" {
  source   = "../service"
  for_each = var.services

  name       = "${var.name}-${each.key}"
  image      = each.value.image
  secrets    = each.value.secrets
  files      = [for file in each.value.files : "${aws_s3_bucket.config.arn}/${file}"]
  bucket_arn = aws_s3_bucket.config.arn
}
