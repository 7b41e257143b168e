variable "bucket_name" {
  default = "acme-override-config"
}

locals {
  prefix = "web"
}
