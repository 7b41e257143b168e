# Settings kept in YAML; one file is a template that an unknown ARN goes through.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-yaml-"
}

locals {
  services = yamldecode(file("${path.module}/services.yaml")).services
  rendered = yamldecode(templatefile("${path.module}/grants.yaml.tftpl", { bucket_arn = aws_s3_bucket.config.arn }))
}

resource "aws_iam_policy" "read" {
  for_each = { for service in local.services : service.name => service }

  name = "yaml-${each.key}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = [for file in try(each.value.files, []) : "${aws_s3_bucket.config.arn}/${file}"]
    }]
  })
}

resource "aws_iam_policy" "rendered" {
  name   = "yaml-rendered"
  policy = jsonencode(local.rendered)
}

resource "aws_ssm_parameter" "agent" {
  name  = "/yaml/agent"
  type  = "String"
  value = yamlencode({ receivers = { s3 = { bucket = aws_s3_bucket.config.bucket, arn = aws_s3_bucket.config.arn } }, enabled = true, ports = [80, 443] })
}
