provider "aws" {
  region = "ap-northeast-1"
}

resource "aws_kms_key" "files" {
  description = "files"
}

resource "aws_s3_bucket" "files" {
  bucket_prefix = "files-"
}

resource "aws_s3_object" "base" {
  bucket  = aws_s3_bucket.files.id
  key     = "base.env"
  content = "LEVEL=info\n"
  tags    = { stage = "prod" }
}

resource "aws_s3_object_copy" "plain" {
  bucket = aws_s3_bucket.files.id
  key    = "plain.env"
  source = "${aws_s3_object.base.bucket}/${aws_s3_object.base.key}"
}

resource "aws_s3_object_copy" "sealed" {
  bucket     = aws_s3_bucket.files.id
  key        = "sealed.env"
  source     = "${aws_s3_object.base.bucket}/${aws_s3_object.base.key}"
  kms_key_id = aws_kms_key.files.arn
}

resource "aws_s3_object_copy" "tagged" {
  bucket            = aws_s3_bucket.files.id
  key               = "tagged.env"
  source            = "${aws_s3_object.base.bucket}/${aws_s3_object.base.key}"
  tagging_directive = "REPLACE"
  tags              = { stage = "prod" }
}

locals {
  statements = {
    reader = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" }]

    opener = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" },
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = aws_kms_key.files.arn },
    ]

    stages = [
      {
        Effect    = "Allow"
        Action    = ["s3:GetObject"]
        Resource  = "${aws_s3_bucket.files.arn}/*"
        Condition = { StringEquals = { "s3:ExistingObjectTag/stage" = "prod" } }
      },
    ]
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.statements
  name     = each.key

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "files" {
  for_each = local.statements
  name     = "files"
  role     = aws_iam_role.execution[each.key].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_ecs_task_definition" "this" {
  for_each                 = aws_iam_role.execution
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn

  container_definitions = jsonencode([{
    name  = "app"
    image = "busybox"
    environmentFiles = [
      { type = "s3", value = aws_s3_object_copy.plain.arn },
      { type = "s3", value = aws_s3_object_copy.sealed.arn },
      { type = "s3", value = "${aws_s3_bucket.files.arn}/${aws_s3_object_copy.tagged.id}" },
    ]
  }])
}
