variable "name" {
  type = string
}

variable "secret" {
  type = string
}

variable "cache" {
  type    = string
  default = null
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

output "role_name" {
  value = aws_iam_role.this.name
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = aws_iam_role.this.arn

  container_definitions = jsonencode([{
    name   = "app"
    image  = "public.ecr.aws/docker/library/busybox:1.36"
    memory = 256
    secrets = concat(
      [{ name = "APP", valueFrom = var.secret }],
      var.cache == null ? [] : [{ name = "CACHE", valueFrom = var.cache }],
    )
  }])
}
