# Maps in which one service, or the only job, has a file of its own; other plans of these files may have more of them.
variable "services" {
  type = map(object({
    env_file = optional(string)
  }))
  default = {
    web    = { env_file = "web/app.env" }
    worker = {}
  }
}

variable "jobs" {
  type = map(object({
    env_file = optional(string)
  }))
  default = {
    nightly = { env_file = "jobs/nightly.env" }
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config"
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

resource "aws_iam_role" "service" {
  for_each = var.services

  name               = "${each.key}-service"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "job" {
  for_each = var.jobs

  name               = "${each.key}-job"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_ecs_task_definition" "service" {
  for_each = var.services

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.service[each.key].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/nginx/nginx:1.27"
    essential        = true
    environmentFiles = each.value.env_file == null ? [] : [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.value.env_file}" }]
  }])
}

resource "aws_ecs_task_definition" "job" {
  for_each = var.jobs

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.job[each.key].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/nginx/nginx:1.27"
    essential        = true
    environmentFiles = each.value.env_file == null ? [] : [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.value.env_file}" }]
  }])
}
