variable "name" {
  description = "Prefix of all names"
  type        = string
}

variable "orders_secret_arn" {
  description = "Secret of the orders service"
  type        = string
}

variable "billing_secret_arn" {
  description = "Secret of the billing service"
  type        = string
}
