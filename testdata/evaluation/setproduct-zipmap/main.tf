# Every prefix in every bucket, and a map zipped from names and ARNs.
locals {
  names    = ["blue", "green"]
  prefixes = ["common", "web"]
  arns     = zipmap(local.names, aws_s3_bucket.side[*].arn)
  objects  = [for pair in setproduct(local.names, local.prefixes) : "${local.arns[pair[0]]}/${pair[1]}/*"]
}

resource "aws_s3_bucket" "side" {
  count  = length(local.names)
  bucket = "acme-${local.names[count.index]}-config"
}

resource "aws_iam_policy" "read" {
  name = "sides"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = local.objects },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = values(local.arns) },
      { Effect = "Deny", Action = "s3:DeleteBucket", Resource = [for i in range(2) : element(aws_s3_bucket.side, i).arn] },
    ]
  })
}
