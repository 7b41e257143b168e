# Object actions on the bucket's ARN, bucket actions on the objects' ARN: neither matches.
locals {
  services = {
    api = {
      read   = aws_s3_bucket.config.arn
      locate = "${aws_s3_bucket.config.arn}/*"
    }
    jobs = {
      read   = "${aws_s3_bucket.config.arn}/"
      locate = aws_s3_bucket.config.arn
    }
    mails = {
      read   = "${aws_s3_bucket.config.arn}*"
      locate = "${aws_s3_bucket.config.arn}*"
    }
  }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_iam_role" "execution" {
  for_each = local.services
  name     = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  for_each = local.services
  name     = "files"
  role     = aws_iam_role.execution[each.key].name
  policy   = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${each.value.read}"},
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "${each.value.locate}"}
      ]
    }
  EOT
}

resource "aws_ecs_task_definition" "service" {
  for_each           = local.services
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = format("%s/%s.env", aws_s3_bucket.config.arn, each.key) }]
  }])
}
