provider "aws" {
  region = "ap-northeast-1"
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

resource "aws_s3_bucket" "config" {
  bucket = "acme-takeover-config"
}

resource "aws_iam_policy" "files" {
  name = "files"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:GetBucketLocation"]
      Resource = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"]
    }]
  })
}

# One role for each way to list its policies, and what is attached to it otherwise.
resource "aws_iam_role" "attached" {
  name                = "attached"
  assume_role_policy  = data.aws_iam_policy_document.trust.json
  managed_policy_arns = ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]
}

resource "aws_iam_role_policy_attachment" "attached" {
  role       = aws_iam_role.attached.name
  policy_arn = aws_iam_policy.files.arn
}

resource "aws_iam_role" "inline" {
  name               = "inline"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  inline_policy {}
}

resource "aws_iam_role_policy" "inline" {
  name   = "files"
  role   = aws_iam_role.inline.id
  policy = aws_iam_policy.files.policy
}

resource "aws_iam_role" "listed" {
  name                = "listed"
  assume_role_policy  = data.aws_iam_policy_document.trust.json
  managed_policy_arns = [aws_iam_policy.files.arn, "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]
}

resource "aws_iam_role_policy_attachment" "listed" {
  role       = aws_iam_role.listed.name
  policy_arn = aws_iam_policy.files.arn
}

resource "aws_ecs_task_definition" "app" {
  for_each = {
    attached = aws_iam_role.attached.arn
    inline   = aws_iam_role.inline.arn
    listed   = aws_iam_role.listed.arn
  }

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value

  container_definitions = jsonencode([{
    name             = each.key
    image            = "docker.io/library/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}.env" }]
  }])
}
