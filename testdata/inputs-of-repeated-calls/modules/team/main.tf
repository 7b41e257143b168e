variable "secret_arn" {
  type = string
}

variable "statements" {
  type    = any
  default = {}
}

module "service" {
  source = "../service"

  name = "team"
  container_definitions = {
    app = {
      image   = "busybox:1"
      secrets = [{ name = "KEY", valueFrom = var.secret_arn }]
    }
  }

  task_exec_iam_statements = var.statements
}
