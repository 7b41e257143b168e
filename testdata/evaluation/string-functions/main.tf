# String functions over known and half-known texts.
variable "service" {
  type    = string
  default = "Order Service"
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-${replace(lower(var.service), " ", "-")}-config"
}

resource "aws_s3_bucket" "unnamed" {}

locals {
  slug  = join("-", [for word in split(" ", var.service) : lower(word)])
  match = regex("^(?P<first>[A-Za-z]+) (?P<rest>.*)$", var.service)
  words = regexall("[A-Z][a-z]+", var.service)
}

resource "aws_ssm_parameter" "text" {
  for_each = {
    slug      = local.slug
    upper     = upper(substr(local.slug, 0, 5))
    title     = title(replace(local.slug, "-", " "))
    first     = local.match.first
    words     = join("+", local.words)
    starts    = startswith(aws_s3_bucket.config.arn, "arn:aws:") ? "yes" : "no"
    ends      = endswith("${aws_s3_bucket.unnamed.arn}/web.env", ".env") ? "yes" : "no"
    trimmed   = trim("//${aws_s3_bucket.config.bucket}//", "/")
    base      = basename("${aws_s3_bucket.unnamed.arn}/web/prod.env")
    directory = dirname("${aws_s3_bucket.unnamed.arn}/web/prod.env")
    formatted = format("%-8s|%5.2f|%t|%v", local.slug, 3.14159, true, ["a", 1])
    encoded   = base64encode(aws_s3_bucket.config.bucket)
    escaped   = "tab\there \"quoted\" $${kept} %%{kept} \u00e9"
    chomped   = chomp(trimspace("  ${aws_s3_bucket.unnamed.id}\n"))
    hash      = substr(sha256(local.slug), 0, 12)
    indented  = indent(2, "a\nb")
    strrev    = strrev(local.slug)
  }

  name  = "/strings/${each.key}"
  type  = "String"
  value = each.value
}
