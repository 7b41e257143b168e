variable "name" {
  type = string
}

variable "secret_arn" {
  type = string
}

variable "bucket_arn" {
  type = string
}

locals {
  statements = [
    {
      Sid      = "Secret"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = var.secret_arn
    },
    {
      Sid      = "Region"
      Effect   = "Allow"
      Action   = "s3:GetBucketLocation"
      Resource = var.bucket_arn
    },
  ]
}

resource "aws_iam_role" "this" {
  name = "${var.name}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "start-up"
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for each in local.statements : merge(each, { Sid = "${title(var.name)}${each.Sid}" })]
  })
}

output "arn" {
  value = aws_iam_role.this.arn
}
