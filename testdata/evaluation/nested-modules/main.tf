# A module per environment, each with two buckets from an inner module, one of them behind a count.
module "environment" {
  source   = "./modules/environment"
  for_each = toset(["staging", "prod"])

  name    = each.key
  archive = each.key == "prod"
}

resource "aws_iam_policy" "deploy" {
  name = "deploy"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for name, environment in module.environment : {
      Sid      = title(name)
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = [for arn in environment.bucket_arns : "${arn}/*"]
    }]
  })
}

output "archive_arn" {
  value = module.environment["prod"].archive_arn
}
