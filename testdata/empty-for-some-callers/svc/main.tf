variable "name" {
  type = string
}

variable "secret_arn" {
  type    = string
  default = ""
}

variable "env_file_arn" {
  type    = string
  default = ""
}

variable "create_role" {
  type    = bool
  default = true
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "exec" {
  count              = var.create_role ? 1 : 0
  name               = "${var.name}-exec"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "managed" {
  count      = var.create_role ? 1 : 0
  role       = aws_iam_role.exec[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_ecs_task_definition" "this" {
  family             = var.name
  execution_role_arn = var.create_role ? aws_iam_role.exec[0].arn : null
  container_definitions = jsonencode([
    {
      name             = "app"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      essential        = true
      memory           = 128
      environmentFiles = var.env_file_arn == "" ? [] : [{ type = "s3", value = var.env_file_arn }]
      secrets          = var.secret_arn == "" ? [] : [{ name = "DB", valueFrom = var.secret_arn }]
    },
  ])
}
