locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  read = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" }]
  })
  tasks = {
    by_name   = aws_iam_role.by_name.arn
    by_id     = aws_iam_role.by_id.arn
    rewritten = aws_iam_role.rewritten.arn
    attached  = aws_iam_role.attached.arn
    shared    = aws_iam_role.shared.arn
    by_bucket = aws_iam_role.by_bucket.arn
  }
  files = { by_bucket = "arn:aws:s3:::acme-replaced/web.env" }
}

resource "aws_iam_role" "by_name" {
  name               = "by-name"
  path               = "/"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "by_name" {
  name   = "read"
  role   = aws_iam_role.by_name.name
  policy = local.read
}

resource "aws_iam_role" "by_id" {
  name               = "by-id"
  path               = "/"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "by_id" {
  name   = "read"
  role   = aws_iam_role.by_id.id
  policy = local.read
}

resource "aws_iam_role" "rewritten" {
  name               = "rewritten"
  path               = "/"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "rewritten" {
  name   = "read"
  role   = aws_iam_role.rewritten.name
  policy = local.read
}

resource "aws_iam_role" "attached" {
  name               = "attached"
  path               = "/"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy_attachment" "attached" {
  role       = aws_iam_role.attached.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

resource "aws_iam_role" "shared" {
  name               = "shared"
  path               = "/"
  assume_role_policy = local.trust
}

resource "aws_iam_policy" "shared" {
  name   = "shared"
  policy = local.read
}

resource "aws_iam_policy_attachment" "shared" {
  name       = "shared"
  roles      = [aws_iam_role.shared.name]
  policy_arn = aws_iam_policy.shared.arn
}

resource "aws_iam_role" "by_bucket" {
  name               = "by-bucket"
  assume_role_policy = local.trust
}

resource "terraform_data" "generation" {
  input = 1
}

resource "aws_s3_bucket" "replaced" {
  bucket        = "acme-replaced"
  force_destroy = true

  lifecycle {
    replace_triggered_by = [terraform_data.generation]
  }
}

resource "aws_s3_bucket_policy" "replaced" {
  bucket = aws_s3_bucket.replaced.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:role/by-bucket" }
      Action    = ["s3:GetObject", "s3:GetBucketLocation"]
      Resource  = ["arn:aws:s3:::acme-replaced", "arn:aws:s3:::acme-replaced/*"]
    }]
  })
}

resource "aws_ecs_task_definition" "each" {
  for_each                 = local.tasks
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = lookup(local.files, each.key, "arn:aws:s3:::acme-config/web.env") }]
  }])
}
