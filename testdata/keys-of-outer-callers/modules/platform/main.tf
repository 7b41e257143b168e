variable "name" {
  type = string
}

variable "cpu" {
  type = number
}

variable "token_arn" {
  type = string
}

module "worker" {
  source = "../service"

  name = "${var.name}-worker"
  cpu  = var.cpu
  parameters = {
    TOKEN = var.token_arn
  }
}
