# Everything is named by a prefix, so that no name is known before apply.
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-prefix-"
}

resource "aws_iam_role" "execution" {
  name_prefix        = "execution-"
  path               = "/ecs/"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_policy" "read" {
  name_prefix = "read-"
  path        = "/ecs/"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" }]
  })
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.execution.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy" "pass" {
  name_prefix = "pass-"
  role        = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.execution.arn },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::${aws_s3_bucket.config.id}" },
    ]
  })
}
