# Both roles are allowed everything in S3, within a boundary: one is written here without s3:GetBucketLocation, one is AWS's.
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-bounded-config"
}

resource "aws_iam_policy" "boundary" {
  name = "service-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:*", "ecr:*", "secretsmanager:GetSecretValue"], Resource = "*" },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" },
    ]
  })
}

locals {
  boundaries = {
    jobs = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    web  = aws_iam_policy.boundary.arn
  }
}

resource "aws_iam_role" "execution" {
  for_each             = local.boundaries
  name                 = "${each.key}-execution"
  permissions_boundary = each.value
  assume_role_policy   = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "s3" {
  for_each   = aws_iam_role.execution
  role       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_ecs_task_definition" "service" {
  for_each           = local.boundaries
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}.env" }]
  }])
}
