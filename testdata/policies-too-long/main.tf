# Policies that Terraform plans and IAM refuses: they are longer than it accepts.
locals {
  files = [for number in range(76) : "arn:aws:s3:::${aws_s3_bucket.config.bucket}/services/production/file-${number}.env"]
  parts = {
    web  = { from = 0, to = 48 }
    jobs = { from = 0, to = 76 }
  }
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  for_each = local.parts

  statement {
    actions   = ["s3:GetObject"]
    resources = slice(local.files, each.value.from, each.value.to)
  }

  statement {
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.arn]
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-long-policies-of-all-services"
}

resource "aws_s3_object" "config" {
  for_each = local.parts

  bucket  = aws_s3_bucket.config.id
  key     = "services/production/file-${each.value.from}.env"
  content = "LEVEL=info\n"
}

resource "aws_iam_role" "execution" {
  for_each = local.parts

  name               = "long-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# A managed policy that is too long.
resource "aws_iam_policy" "jobs" {
  name   = "long-jobs"
  policy = data.aws_iam_policy_document.read["jobs"].json
}

resource "aws_iam_role_policy_attachment" "jobs" {
  role       = aws_iam_role.execution["jobs"].name
  policy_arn = aws_iam_policy.jobs.arn
}

# Inline policies, each of which could be the only one of the role.
resource "aws_iam_role_policy" "web" {
  for_each = local.parts

  name   = each.key
  role   = aws_iam_role.execution["web"].id
  policy = data.aws_iam_policy_document.read[each.key].json
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.parts

  family             = "long-${each.key}"
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/acme/app:1"
    memory           = 128
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${aws_s3_object.config[each.key].key}" }]
  }])
}
