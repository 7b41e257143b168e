# A service's stack: its execution roles live in the platform's stack (../role-stack). web looks its role up, jobs writes
# the ARN; this stack adds a policy of its own to the role of jobs.
data "aws_iam_role" "execution" {
  name = "acme-execution"
}

resource "aws_iam_role_policy" "jobs" {
  name = "jobs-env-file"
  role = "acme-jobs"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config-files/jobs/prod.env" },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = data.aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name      = "web"
    image     = "public.ecr.aws/docker/library/nginx:1.27"
    memory    = 256
    essential = true
    environmentFiles = [
      { type = "s3", value = "arn:aws:s3:::acme-config-files/web/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-config-files/web/private/prod.env" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = "/ecs/services", "awslogs-region" = "ap-northeast-1", "awslogs-stream-prefix" = "web" }
    }
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family             = "jobs"
  execution_role_arn = "arn:aws:iam::123456789012:role/acme-jobs"
  container_definitions = jsonencode([{
    name      = "jobs"
    image     = "public.ecr.aws/docker/library/busybox:1.37"
    memory    = 256
    essential = true
    environmentFiles = [
      { type = "s3", value = "arn:aws:s3:::acme-config-files/jobs/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-config-files/jobs/shared.env" },
      { type = "s3", value = "arn:aws:s3:::acme-config-files/jobs/secret.env" },
    ]
  }])
}
