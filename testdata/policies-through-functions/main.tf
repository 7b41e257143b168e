# Documents that pass through functions on strings after they were encoded, as some modules do with placeholders.
resource "aws_s3_bucket" "files" {
  for_each      = toset(["web", "jobs"])
  bucket_prefix = "acme-${each.key}-"
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  closed = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Private"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.files["web"].arn}/private/*"
      Condition = { Null = { "aws:PrincipalTag/_PLACEHOLDER_" = "true" } }
    }]
  })
}

resource "aws_s3_bucket_policy" "web" {
  bucket = aws_s3_bucket.files["web"].id
  policy = replace(replace(local.closed, "_PLACEHOLDER_", "clearance"), "_ABSENT_", "x")
}

resource "aws_iam_role" "execution" {
  for_each           = aws_s3_bucket.files
  name               = "functions-${each.key}"
  assume_role_policy = trimspace("${local.trust}\n")
}

resource "aws_iam_role_policy" "execution" {
  for_each = aws_s3_bucket.files
  role     = aws_iam_role.execution[each.key].id
  policy = trimsuffix(replace(jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:_VERB_", Resource = "${each.value.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = each.value.arn },
    ]
  }), "_VERB_", each.key == "web" ? "GetObject" : "PutObject"), "\n")
}

resource "aws_ecs_task_definition" "this" {
  for_each           = aws_s3_bucket.files
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = replace(jsonencode([{
    name   = "app"
    image  = "_IMAGE_"
    memory = 128
    environmentFiles = [
      { type = "s3", value = "${each.value.arn}/prod.env" },
      { type = "s3", value = "${each.value.arn}/private/prod.env" },
    ]
  }]), "_IMAGE_", "public.ecr.aws/nginx/nginx:1")
}
