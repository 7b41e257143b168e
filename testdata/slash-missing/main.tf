# A slash is missing between bucket and key: once in the file's ARN, once in the grant.
variable "env_key" {
  type    = string
  default = "web/prod.env"
}

variable "jobs_prefix" {
  type    = string
  default = "jobs"
}

resource "aws_s3_bucket" "web" {
  bucket = "acme-slash-config"
}

resource "aws_s3_bucket" "jobs" {
  bucket_prefix = "acme-slash-jobs-"
}

resource "aws_iam_role" "execution" {
  name = "slash-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = ["${aws_s3_bucket.web.arn}/*", "${aws_s3_bucket.jobs.arn}${var.jobs_prefix}/*"] },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = [aws_s3_bucket.web.arn, aws_s3_bucket.jobs.arn] },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::${aws_s3_bucket.web.bucket}${var.env_key}" }]
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family             = "jobs"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "jobs"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.jobs.arn}/${var.jobs_prefix}/prod.env" }]
  }])
}
