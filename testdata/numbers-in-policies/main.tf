# Numbers where policies have strings: in conditions, tags and names. jsonencode() and the provider write them as decimals.
locals {
  release = 1.5
  oldest  = 1.2
  assume = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-numbers-"
}

resource "aws_secretsmanager_secret" "token" {
  for_each = { web = 1.5, jobs = 2.5 }
  name     = "token-${local.release}-${each.key}"
  tags     = merge({ Release = each.value }, { Bucket = aws_s3_bucket.config.id })
}

resource "aws_iam_role" "execution" {
  for_each           = toset(["web", "jobs"])
  name               = "numbers-${each.key}"
  assume_role_policy = local.assume
}

# As text: TLS 1.2 is not older than 1.2, and only the secret of release 1.5 can be read.
resource "aws_iam_role_policy" "web" {
  name = "read"
  role = aws_iam_role.execution["web"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"] },
      {
        Effect    = "Deny", Action = "s3:*", Resource = "*"
        Condition = { NumericLessThan = { "s3:TlsVersion" = tostring(local.oldest) } }
      },
      {
        Effect    = "Allow", Action = "secretsmanager:GetSecretValue", Resource = [for each in aws_secretsmanager_secret.token : each.arn]
        Condition = { StringEquals = { "secretsmanager:ResourceTag/Release" = tostring(local.release) } }
      },
    ]
  })
}

# The same as a document, whose values are strings.
data "aws_iam_policy_document" "jobs" {
  statement {
    actions   = ["s3:GetObject", "s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"]
  }

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]
    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = [local.oldest]
    }
  }

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [for each in aws_secretsmanager_secret.token : each.arn]
    condition {
      test     = "StringEquals"
      variable = "secretsmanager:ResourceTag/Release"
      values   = [2.5]
    }
  }
}

resource "aws_iam_role_policy" "jobs" {
  name   = "read"
  role   = aws_iam_role.execution["jobs"].id
  policy = data.aws_iam_policy_document.jobs.json
}

resource "aws_ecs_task_definition" "service" {
  for_each           = aws_iam_role.execution
  family             = "numbers-${each.key}"
  execution_role_arn = each.value.arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/release-${local.release}.env" }]
    secrets          = [for key in ["jobs", "web"] : { name = upper(key), valueFrom = aws_secretsmanager_secret.token[key].arn }]
  }])
}
