variable "name" {
  type = string
}

variable "files" {
  type = list(object({ bucket = string, key = string }))
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

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "files" {
  count = length(var.files) > 0 ? 1 : 0

  statement {
    actions   = ["s3:GetObject"]
    resources = [for file in var.files : "arn:aws:s3:::${file.bucket}/${file.key}"]
  }
}

resource "aws_iam_role_policy" "files" {
  count = length(var.files) > 0 ? 1 : 0

  name   = "files"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.files[0].json
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = var.name
    image            = "busybox"
    environmentFiles = [for file in var.files : { type = "s3", value = "arn:aws:s3:::${file.bucket}/${file.key}" }]
  }])
}
