# The files are encrypted with a customer managed key. StringEquals reads the * of kms:ViaService literally, StringLike does not.
resource "aws_kms_key" "config" {
  description = "environment files"
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-via-service-config"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "config" {
  bucket = aws_s3_bucket.config.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.config.arn
    }
  }
}

locals {
  operators = { jobs = "StringLike", web = "StringEquals" }
}

resource "aws_iam_role" "execution" {
  for_each = local.operators
  name     = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  for_each = local.operators
  name     = "files"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"] },
      {
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = aws_kms_key.config.arn
        Condition = { (each.value) = { "kms:ViaService" = "s3.*.amazonaws.com" } }
      },
    ]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each           = local.operators
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}.env" }]
  }])
}
