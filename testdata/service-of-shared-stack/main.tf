# A service that has nearly all from another stack (../shared-stack), and names it by ARNs and names.
data "aws_caller_identity" "me" {}
data "aws_region" "here" {}

variable "role" {
  default = "acme-refused"
}

locals {
  here = "${data.aws_region.here.name}:${data.aws_caller_identity.me.account_id}"
  roles = {
    open     = "arn:aws:iam::123456789012:role/acme-open"
    pathed   = "arn:aws:iam::123456789012:role/services/acme-pathed"
    refused  = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/${var.role}"
    extended = "arn:aws:iam::123456789012:role/acme-extended"
    own      = aws_iam_role.own.arn
  }
}

resource "aws_iam_role" "own" {
  name = "acme-own"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "extended" {
  name = "from-service"
  role = "acme-extended"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-data-files/web/prod.env" },
    ]
  })
}

resource "aws_ecs_task_definition" "this" {
  for_each           = local.roles
  family             = each.key
  execution_role_arn = each.value
  container_definitions = jsonencode([{
    name      = "web"
    image     = "123456789012.dkr.ecr.${data.aws_region.here.name}.amazonaws.com/acme/web:1"
    memory    = 256
    essential = true
    environmentFiles = [
      { type = "s3", value = "arn:aws:s3:::acme-data-files/web/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-data-files/web/private/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-data-files/granted/prod.env" },
    ]
    secrets = [
      { name = "PLAIN", valueFrom = "arn:aws:secretsmanager:${local.here}:secret:acme/plain" },
      { name = "CLOSED", valueFrom = "arn:aws:secretsmanager:${local.here}:secret:acme/closed" },
      { name = "TOKEN", valueFrom = "/acme/token" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = "/acme/services", "awslogs-region" = "ap-northeast-1", "awslogs-stream-prefix" = "web" }
    }
  }])
}
