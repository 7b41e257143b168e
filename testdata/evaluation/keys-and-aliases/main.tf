# Keys, aliases and key policies that refer to roles of the same plan.
data "aws_caller_identity" "current" {}

resource "aws_iam_role" "reader" {
  name_prefix = "key-reader-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
  statement {
    sid       = "Readers"
    actions   = ["kms:Decrypt", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.reader.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.ap-northeast-1.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "config" {
  policy              = data.aws_iam_policy_document.key.json
  enable_key_rotation = true
}

resource "aws_kms_alias" "config" {
  name          = "alias/acme/config"
  target_key_id = aws_kms_key.config.key_id
}

resource "aws_iam_role_policy" "decrypt" {
  name = "decrypt"
  role = aws_iam_role.reader.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_alias.config.target_key_arn },
      { Effect = "Allow", Action = "kms:DescribeKey", Resource = [aws_kms_key.config.arn, aws_kms_alias.config.arn] },
      { Effect = "Allow", Action = "kms:Encrypt", Resource = "arn:aws:kms:*:${data.aws_caller_identity.current.account_id}:key/${aws_kms_key.config.id}" },
    ]
  })
}
