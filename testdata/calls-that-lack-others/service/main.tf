variable "name" {
  type = string
}

variable "account" {
  type = string
}

variable "parameters" {
  type = map(string)
}

variable "env_file" {
  type    = string
  default = null
}

resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"

  assume_role_policy = <<-JSON
    {
      "Version": "2012-10-17",
      "Statement": [
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "ecs-tasks.amazonaws.com" } }
      ]
    }
  JSON
}

resource "aws_iam_policy" "parameters" {
  count = length(var.parameters) > 0 ? 1 : 0

  name = "${var.name}-parameters"

  policy = <<-JSON
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "ssm:GetParameter",
          "Resource": "arn:aws:ssm:ap-northeast-1:${var.account}:parameter/${var.name}/*"
        }
      ]
    }
  JSON
}

resource "aws_iam_role_policy_attachment" "parameters" {
  count = length(var.parameters) > 0 ? 1 : 0

  role       = aws_iam_role.execution.name
  policy_arn = aws_iam_policy.parameters[0].arn
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name             = "app"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      essential        = true
      secrets          = [for name, arn in var.parameters : { name = name, valueFrom = arn }]
      environmentFiles = var.env_file == null ? [] : [{ type = "s3", value = var.env_file }]
    },
  ])
}
