# Splats of every form, over count and for_each, old and new style.
resource "aws_s3_bucket" "shard" {
  count         = 3
  bucket_prefix = "acme-shard-${count.index}-"
}

resource "aws_sqs_queue" "queue" {
  for_each = { jobs = 30, mails = 60 }

  name                       = each.key
  visibility_timeout_seconds = each.value
}

locals {
  single = aws_s3_bucket.shard[0]
}

resource "aws_iam_policy" "splats" {
  name = "splats"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "New", Effect = "Allow", Action = "s3:ListBucket", Resource = aws_s3_bucket.shard[*].arn },
      { Sid = "Old", Effect = "Allow", Action = "s3:GetBucketTagging", Resource = aws_s3_bucket.shard.*.arn },
      { Sid = "Last", Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.shard[length(aws_s3_bucket.shard) - 1].arn}/*" },
      { Sid = "One", Effect = "Allow", Action = "s3:PutObject", Resource = [for arn in local.single[*].arn : "${arn}/in/*"] },
      { Sid = "Queues", Effect = "Allow", Action = "sqs:SendMessage", Resource = values(aws_sqs_queue.queue)[*].arn },
      { Sid = "Tail", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = slice(aws_s3_bucket.shard[*].arn, 1, 3) },
    ]
  })
}
