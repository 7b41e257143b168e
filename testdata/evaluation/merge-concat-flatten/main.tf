# Nested settings flattened into one map of grants, and statements concatenated from several places.
locals {
  teams = {
    shop    = { buckets = ["orders", "carts"], extra = [] }
    billing = { buckets = ["invoices"], extra = ["arn:aws:s3:::acme-shared/billing/*"] }
  }

  buckets = flatten([
    for team, settings in local.teams : [
      for bucket in settings.buckets : { team = team, bucket = bucket }
    ]
  ])
  by_name = { for each in local.buckets : "${each.team}-${each.bucket}" => each }
  by_team = { for name, each in local.by_name : each.team => aws_s3_bucket.team[name].arn... }

  base = [{ Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "*" }]
}

resource "aws_s3_bucket" "team" {
  for_each      = local.by_name
  bucket_prefix = "${each.key}-"
  tags          = merge({ managed-by = "terraform" }, { team = each.value.team }, null)
}

resource "aws_iam_policy" "team" {
  for_each = local.teams

  name = each.key
  policy = jsonencode(merge(
    { Version = "2008-10-17", Id = each.key },
    { Version = "2012-10-17" },
    {
      Statement = concat(local.base, [{
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = concat([for arn in local.by_team[each.key] : "${arn}/*"], each.value.extra)
      }])
    },
  ))
}
