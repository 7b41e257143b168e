# The policy is known only after apply, because one of its statements names the new bucket. Its document, which the plan
# shows, denies one of the two files that AmazonS3ReadOnlyAccess allows.
provider "aws" {
  region = "eu-west-1"
}

locals {
  files = { open = "web/app.env", closed = "private/app.env" }
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "acme-logs-"
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
  name               = "document-that-denies"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

data "aws_iam_policy_document" "limits" {
  statement {
    effect    = "Deny"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::acme-config/private/*"]
  }
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs.arn}/*"]
  }
}

resource "aws_iam_role_policy" "limits" {
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.limits.json
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.files
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/document-that-denies"
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/${each.value}" }]
  }])
}
