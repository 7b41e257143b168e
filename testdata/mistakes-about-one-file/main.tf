data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "env" {
  bucket = "acme-env"
}

resource "aws_s3_object" "app" {
  bucket  = aws_s3_bucket.env.id
  key     = "app/settings.conf"
  content = "A=b"
}

resource "aws_iam_role" "app" {
  name               = "app-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "app" {
  name = "app"
  role = aws_iam_role.app.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetBucketLocation"]
        Resource = [aws_s3_bucket.env.arn]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  family                   = "app"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.app.arn

  container_definitions = jsonencode([
    {
      name             = "app"
      image            = "public.ecr.aws/nginx/nginx:1.27"
      essential        = true
      environmentFiles = [{ type = "S3", value = "s3://${aws_s3_bucket.env.bucket}/${aws_s3_object.app.key}" }]
    },
  ])
}
