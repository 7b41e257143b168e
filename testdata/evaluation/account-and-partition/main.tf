# ARNs spelled out with account, region and partition from data sources.
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  regional   = join(":", ["arn", local.partition, "%s", data.aws_region.current.name, local.account_id, "%s"])
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config-${local.account_id}-${data.aws_region.current.name}"
}

resource "aws_iam_role" "app" {
  name = "acme-account-app"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.${data.aws_partition.current.dns_suffix}" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = format(local.regional, "ecs", "*") }
      }
    }]
  })
}

resource "aws_iam_role_policy" "app" {
  name = "app"
  role = aws_iam_role.app.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:${local.partition}:s3:::${aws_s3_bucket.config.id}/*" },
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = format(local.regional, "ssm", "parameter/app/*") },
      { Effect = "Allow", Action = "iam:PassRole", Resource = "arn:${local.partition}:iam::${local.account_id}:role/${aws_iam_role.app.name}" },
    ]
  })
}
