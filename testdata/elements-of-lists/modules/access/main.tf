variable "role" {
  type = string
}

variable "bucket_arns" {
  type    = list(string)
  default = []
}

data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = length(var.bucket_arns) > 0 ? [1] : []

    content {
      actions   = ["s3:GetObject"]
      resources = [for arn in var.bucket_arns : "${arn}/*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.bucket_arns) > 0 ? [1] : []

    content {
      actions   = ["s3:GetBucketLocation"]
      resources = var.bucket_arns
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "access"
  role   = var.role
  policy = data.aws_iam_policy_document.this.json
}
