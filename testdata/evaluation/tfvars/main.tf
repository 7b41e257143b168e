# Variables from three places, converted to their types.
variable "name" {
  type    = string
  default = "unnamed"
}

variable "suffix" {
  type = string
}

variable "prefixes" {
  type = set(string)
}

variable "ports" {
  type = list(number)
}

variable "labels" {
  type    = map(string)
  default = {}
}

variable "retention" {
  type     = number
  nullable = false
  default  = 14
}

resource "aws_s3_bucket" "config" {
  bucket = "${var.name}-${var.suffix}"
  tags   = var.labels
}

resource "aws_iam_policy" "read" {
  name = "${var.name}-read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = [for prefix in var.prefixes : "${aws_s3_bucket.config.arn}/${prefix}/*"] }]
  })
}

resource "aws_ssm_parameter" "settings" {
  name  = "/${var.name}/settings"
  type  = "String"
  value = jsonencode({ ports = var.ports, labels = var.labels, retention = var.retention, bucket = aws_s3_bucket.config.arn })
}
