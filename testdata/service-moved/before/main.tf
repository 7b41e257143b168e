resource "aws_iam_role" "execution" {
  name = "moved-execution"
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
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-config" },
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
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/web.env" }]
  }])
}
