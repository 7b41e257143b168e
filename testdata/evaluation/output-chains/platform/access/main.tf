variable "bucket_arn" {
  type = string
}

variable "object_arns" {
  type    = list(string)
  default = []
}

data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["s3:GetBucketLocation"]
    resources = [var.bucket_arn]
  }
  statement {
    actions   = ["s3:GetObject"]
    resources = var.object_arns
  }
}

resource "aws_iam_policy" "this" {
  name   = "chain-access"
  policy = data.aws_iam_policy_document.this.json
}

output "policy_arn" {
  value = aws_iam_policy.this.arn
}
