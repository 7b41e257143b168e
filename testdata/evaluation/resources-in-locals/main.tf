# Whole resources in objects and lists.
resource "aws_s3_bucket" "web" {
  bucket_prefix = "acme-web-"
}

resource "aws_s3_bucket" "jobs" {
  bucket = "acme-jobs-config"
}

resource "aws_sqs_queue" "jobs" {
  name = "acme-jobs"
}

locals {
  buckets = {
    web  = aws_s3_bucket.web
    jobs = aws_s3_bucket.jobs
  }
  services = [
    { name = "web", bucket = aws_s3_bucket.web, queues = [] },
    { name = "jobs", bucket = aws_s3_bucket.jobs, queues = [aws_sqs_queue.jobs] },
  ]
}

resource "aws_s3_object" "env" {
  for_each = local.buckets
  bucket   = each.value.id
  key      = "${each.key}/app.env"
  content  = "SERVICE=${each.key}\n"
}

resource "aws_iam_policy" "service" {
  for_each = { for service in local.services : service.name => service }
  name     = "service-${each.key}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Effect = "Allow", Action = "s3:GetObject", Resource = ["${each.value.bucket.arn}/*", aws_s3_object.env[each.key].arn] }],
      [for queue in each.value.queues : { Effect = "Allow", Action = "sqs:SendMessage", Resource = queue.arn }],
    )
  })
}
