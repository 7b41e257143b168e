# The bucket exists and is looked up; the document waits for apply only because it depends on something new.
data "aws_s3_bucket" "config" {
  bucket = "acme-existing-config"
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/ecs/looked-up"
}

resource "aws_iam_role" "execution" {
  name = "looked-up-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "files" {
  depends_on = [aws_cloudwatch_log_group.app]

  statement {
    actions   = ["s3:GetObject"]
    resources = ["${data.aws_s3_bucket.config.arn}/app/*"]
  }
  statement {
    actions   = ["s3:GetBucketLocation"]
    resources = ["arn:aws:s3:::${data.aws_s3_bucket.config.id}"]
  }
}

resource "aws_iam_role_policy" "files" {
  name   = "files"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.files.json
}

resource "aws_ecs_task_definition" "app" {
  family             = "app"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name   = "app"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 256
    environmentFiles = [
      { type = "s3", value = "${data.aws_s3_bucket.config.arn}/app/prod.env" },
      { type = "s3", value = "arn:aws:s3:::acme-existing-config/other/prod.env" },
    ]
  }])
}
