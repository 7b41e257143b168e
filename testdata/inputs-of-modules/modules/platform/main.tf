variable "name" {
  type = string
}

variable "secrets" {
  type = map(string)
}

variable "worker_arns" {
  type = list(string)
}

module "service" {
  source = "../service"

  name        = var.name
  secrets     = var.secrets
  secret_arns = var.worker_arns
}
