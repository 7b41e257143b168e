# Environment files whose names do not end in .env, and the objects: named alike, by reference, with the ending already.
resource "aws_s3_bucket" "config" {
  bucket = "acme-names-config"
}

resource "aws_s3_object" "web" {
  bucket  = aws_s3_bucket.config.id
  key     = "web/prod"
  content = "MODE=live\n"
}

resource "aws_s3_object" "api" {
  bucket  = aws_s3_bucket.config.id
  key     = "api/prod.conf"
  content = "MODE=live\n"
}

resource "aws_s3_object" "jobs" {
  bucket  = aws_s3_bucket.config.id
  key     = "jobs/prod.env"
  content = "MODE=live\n"
}

resource "aws_s3_object" "strict" {
  bucket  = aws_s3_bucket.config.id
  key     = "strict/prod"
  content = "MODE=live\n"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "names-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "files" {
  statement {
    actions = ["s3:GetObject"]
    resources = [
      "${aws_s3_bucket.config.arn}/web/*",
      "${aws_s3_bucket.config.arn}/jobs/*",
      "${aws_s3_bucket.config.arn}/strict/prod",
      aws_s3_object.api.arn,
    ]
  }

  statement {
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.arn]
  }
}

resource "aws_iam_role_policy" "files" {
  name   = "files"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.files.json
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web/prod" }]
  }])
}

resource "aws_ecs_task_definition" "api" {
  family             = "api"
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "api"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = aws_s3_object.api.arn }]
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family             = "jobs"
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "jobs"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/jobs/prod" }]
  }])
}

# The policy names the file as it is called now.
resource "aws_ecs_task_definition" "strict" {
  family             = "strict"
  execution_role_arn = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name             = "strict"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/strict/prod" }]
  }])
}
