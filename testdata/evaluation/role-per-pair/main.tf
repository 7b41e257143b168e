# for_each over pairs, keys with slashes and dots, roles found again by key.
locals {
  environments = ["staging", "prod"]
  services     = { "web.api" = ["read"], "jobs/nightly" = ["read", "write"] }

  pairs = merge([
    for service, grants in local.services : {
      for environment in local.environments : "${environment}/${service}" => {
        environment = environment
        actions     = [for grant in grants : { read = "s3:GetObject", write = "s3:PutObject" }[grant]]
        name        = replace("${environment}-${service}", "/[^a-z-]/", "-")
      }
    }
  ]...)
}

resource "aws_s3_bucket" "config" {
  for_each      = toset(local.environments)
  bucket_prefix = "acme-${each.key}-"
}

resource "aws_iam_role" "service" {
  for_each = local.pairs
  name     = each.value.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "service" {
  for_each = aws_iam_role.service

  name = "files"
  role = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = local.pairs[each.key].actions
      Resource = "${aws_s3_bucket.config[split("/", each.key)[0]].arn}/${element(split("/", each.key), length(split("/", each.key)) - 1)}/*"
    }]
  })
}
