# Documents put together from others: sources first, own statements, then an override by Sid.
resource "aws_s3_bucket" "config" {
  bucket = "acme-layered-config"
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.config.arn}/*"]
  }
}

data "aws_iam_policy_document" "narrow" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.config.arn}/web/*"]
  }
  statement {
    effect      = "Deny"
    not_actions = ["s3:GetObject"]
    resources   = ["${aws_s3_bucket.config.arn}/secret/*"]
  }
}

data "aws_iam_policy_document" "all" {
  policy_id = "layered"
  source_policy_documents = compact([
    data.aws_iam_policy_document.logs.json,
    data.aws_iam_policy_document.read.json,
    "",
  ])
  override_policy_documents = [data.aws_iam_policy_document.narrow.json]

  statement {
    sid       = "Locate"
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.arn]
  }
}

resource "aws_iam_policy" "all" {
  name   = "layered"
  policy = data.aws_iam_policy_document.all.json
}
