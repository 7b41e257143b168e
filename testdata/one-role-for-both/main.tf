# One role is execution role and task role at once: what is missing is simply missing.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "files" {
  statement {
    actions   = ["s3:Get*"]
    resources = ["${aws_s3_bucket.config.arn}/*"]
  }
}

resource "aws_iam_role" "app" {
  name               = "both-app"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_policy" "files" {
  name   = "both-files"
  policy = data.aws_iam_policy_document.files.json
}

resource "aws_iam_role_policy_attachment" "files" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.files.arn
}

resource "aws_ecs_task_definition" "app" {
  family                   = "both"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.app.arn
  task_role_arn            = aws_iam_role.app.arn

  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }]
  }])
}
