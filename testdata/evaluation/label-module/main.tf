# Names from a label module with only optional inputs, as shared modules use them.
module "label" {
  source     = "./label"
  namespace  = "acme"
  stage      = "prod"
  name       = "config"
  attributes = ["v2", ""]
}

module "disabled" {
  source  = "./label"
  enabled = false
  name    = "nothing"
}

resource "aws_s3_bucket" "config" {
  bucket = module.label.id
  tags   = module.label.tags
}

resource "aws_iam_policy" "read" {
  name = "${module.label.id}${module.label.delimiter}read"
  tags = merge(module.label.tags, { Name = "${module.label.id}-read" })
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = module.label.context.stage, Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/${coalesce(module.disabled.id, "all")}/*" }]
  })
}
