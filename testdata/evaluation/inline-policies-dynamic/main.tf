# dynamic inline_policy blocks inside a role, and a dynamic block inside another resource.
variable "extra_policies" {
  type    = map(list(string))
  default = { logs = ["logs:CreateLogStream", "logs:PutLogEvents"] }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-inline-"
}

resource "aws_iam_role" "execution" {
  name = "acme-inline-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })

  inline_policy {
    name = "read"
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" }]
    })
  }

  dynamic "inline_policy" {
    for_each = var.extra_policies
    content {
      name = inline_policy.key
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = inline_policy.value, Resource = "*" }]
      })
    }
  }
}

resource "aws_security_group" "app" {
  name = "acme-inline-app"

  dynamic "egress" {
    for_each = [443, 5432]
    iterator = port
    content {
      description = aws_s3_bucket.config.id
      from_port   = port.value
      to_port     = port.value
      protocol    = "tcp"
      cidr_blocks = ["10.${port.key}.0.0/16"]
    }
  }
}
