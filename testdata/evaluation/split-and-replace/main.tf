# ARNs taken apart and put together again.
resource "aws_s3_bucket" "config" {
  bucket = "acme-split-config"
}

resource "aws_iam_role" "app" {
  name = "acme-split-app"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

locals {
  file_arns  = formatlist("%s/%s", aws_s3_bucket.config.arn, ["a.env", "b/c.env"])
  account_id = split(":", aws_iam_role.app.arn)[4]
  bucket     = element(split(":::", aws_s3_bucket.config.arn), 1)
  role_name  = replace(aws_iam_role.app.arn, "/^.*role\\//", "")
}

resource "aws_ssm_parameter" "facts" {
  for_each = {
    account = local.account_id
    bucket  = local.bucket
    role    = local.role_name
    first   = element(split("/", local.file_arns[1]), 0)
    last    = reverse(split("/", local.file_arns[1]))[0]
    trimmed = trimprefix(local.file_arns[0], "arn:aws:s3:::")
    joined  = join(",", local.file_arns)
    dashed  = replace("${aws_s3_bucket.config.arn}/x/y", "/x/", "-")
    plain   = trimsuffix("${aws_s3_bucket.config.arn}/*", "/*")
    format  = format("%s and %q and %03d", aws_s3_bucket.config.arn, "quoted", 7)
  }

  name  = "/facts/${each.key}"
  type  = "String"
  value = each.value
}

resource "aws_iam_policy" "read" {
  name = "split-read"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = local.file_arns },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = distinct([for arn in local.file_arns : split("/", arn)[0]]) },
      { Effect = "Allow", Action = "iam:PassRole", Resource = "arn:aws:iam::${local.account_id}:role/${local.role_name}" },
    ]
  })
}
