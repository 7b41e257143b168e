# A role without a policy, for a task that reads a file and a secret only if the caller passes them.
variable "env_file_arn" {
  type    = string
  default = null
}

variable "secret_arn" {
  type    = string
  default = null
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config"
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([
    {
      name             = "web"
      image            = "public.ecr.aws/nginx/nginx:1.27"
      memory           = 256
      environmentFiles = var.env_file_arn == null ? [] : [{ value = var.env_file_arn, type = "s3" }]
      secrets          = var.secret_arn == null ? [] : [{ name = "DB", valueFrom = var.secret_arn }]
    },
  ])
}

resource "aws_iam_role" "execution" {
  name = "web-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

# Its policy would be invalid if it named nothing.
resource "aws_ecs_task_definition" "worker" {
  family             = "worker"
  execution_role_arn = aws_iam_role.worker.arn

  container_definitions = jsonencode([
    {
      name    = "worker"
      image   = "public.ecr.aws/nginx/nginx:1.27"
      memory  = 256
      secrets = var.secret_arn == null ? [] : [{ name = "DB", valueFrom = var.secret_arn }]
    },
  ])
}

resource "aws_iam_role" "worker" {
  name               = "worker-execution"
  assume_role_policy = aws_iam_role.execution.assume_role_policy
}
