variable "bucket" {
  type = string
}

variable "env_file" {
  type = string
}

resource "aws_iam_role" "execution" {
  name = "reader-execution"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::${var.bucket}/*"] },
      { Effect = "Allow", Action = ["s3:GetBucketLocation"], Resource = ["arn:aws:s3:::${var.bucket}"] },
    ]
  })
}

resource "aws_ecs_task_definition" "reader" {
  family             = "reader"
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name             = "reader"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      memory           = 128
      environmentFiles = [{ type = "s3", value = var.env_file }]
    },
  ])
}
