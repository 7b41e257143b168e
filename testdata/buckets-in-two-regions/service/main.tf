variable "execution_role_arn" {
  type = string
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = var.execution_role_arn

  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web.env" }]
  }])
}

output "bucket" {
  value = aws_s3_bucket.config
}
