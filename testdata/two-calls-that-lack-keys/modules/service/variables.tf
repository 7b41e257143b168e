variable "name" {
  description = "Name of the service"
  type        = string
}

variable "secrets" {
  description = "ARNs of secrets by the variables of the container that hold them"
  type        = map(string)
  default     = {}
}
