variable "name" {
  type = string
}

variable "secrets" {
  type    = map(string)
  default = {}
}

variable "files" {
  type = list(object({
    value = string
    type  = string
  }))
  default = []
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
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "execution" {
  name = "start"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameters", "s3:GetObject", "s3:GetBucketLocation"]
      Resource = "*"
    }]
  })
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
    image            = "public.ecr.aws/docker/library/busybox:1.36"
    essential        = true
    secrets          = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    environmentFiles = var.files
  }])
}
