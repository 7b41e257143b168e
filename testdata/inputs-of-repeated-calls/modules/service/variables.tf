variable "name" {
  type    = string
  default = null
}

variable "cpu" {
  type    = number
  default = 256
}

variable "container_definitions" {
  type    = any
  default = {}
}

variable "create_task_exec_iam_role" {
  type    = bool
  default = true
}


variable "create_task_exec_policy" {
  type    = bool
  default = true
}

variable "task_exec_ssm_param_arns" {
  type    = list(string)
  default = []
}

variable "task_exec_secret_arns" {
  type    = list(string)
  default = []
}

variable "task_exec_iam_statements" {
  description = "A map of IAM policy statements for custom permission usage"
  type        = any
  default     = {}
}
