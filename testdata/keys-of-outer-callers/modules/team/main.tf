variable "name" {
  type = string
}

variable "cpu" {
  type = number
}

variable "token_arn" {
  type = string
}

module "platform" {
  source = "../platform"

  name      = "team-${var.name}"
  cpu       = var.cpu
  token_arn = var.token_arn
}
