variable "config_bucket" {
  type = string
}

variable "config_bucket_arn" {
  type = string
}

resource "aws_iam_role" "execution" {
  name = "wired-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })

  inline_policy {
    name = "files"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [
        { Effect = "Allow", Action = "s3:GetObject", Resource = "${var.config_bucket_arn}/*" },
        { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = var.config_bucket_arn },
      ]
    })
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = "wired"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "wired"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::${var.config_bucket}/prod.env" }]
  }])
}
