# Services as objects with optional members from tfvars: files may be left out, or name a bucket of their own.
variable "services" {
  type = map(object({
    image = optional(string, "public.ecr.aws/docker/library/nginx:1.27")
    files = optional(list(object({
      key    = string
      bucket = optional(string)
    })), [])
    read = optional(set(string), [])
  }))
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_iam_role" "execution" {
  for_each    = var.services
  name_prefix = "${each.key}-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

locals {
  readers = { for name, service in var.services : name => service if length(service.read) > 0 }
}

resource "aws_iam_policy" "files" {
  for_each = local.readers
  name     = "${each.key}-files"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = [for prefix in each.value.read : "${aws_s3_bucket.config.arn}/${prefix}/*"] },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "*" },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "files" {
  for_each   = local.readers
  role       = aws_iam_role.execution[each.key].name
  policy_arn = aws_iam_policy.files[each.key].arn
}

resource "aws_ecs_task_definition" "service" {
  for_each           = var.services
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([
    merge(
      { name = each.key, image = each.value.image, memory = 256, essential = true },
      length(each.value.files) == 0 ? {} : {
        environmentFiles = [for file in each.value.files : {
          type  = "s3"
          value = "${file.bucket == null ? aws_s3_bucket.config.arn : "arn:aws:s3:::${coalesce(file.bucket, "none")}"}/${trimprefix(file.key, "/")}"
        }]
      },
    ),
  ])
}
