# Two policies that are attached to some roles already: to first and second, and to first alone.
locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "former" {
  for_each           = toset(["first", "second"])
  name               = each.key
  assume_role_policy = local.trust
}

resource "aws_iam_policy" "former" {
  for_each = toset(["kept", "left"])
  name     = each.key
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-${each.key}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-${each.key}" },
    ]
  })
}

resource "aws_iam_policy_attachment" "kept" {
  name       = "kept"
  policy_arn = aws_iam_policy.former["kept"].arn
  roles      = ["first"]
  depends_on = [aws_iam_role.former]
}

resource "aws_iam_role_policy_attachment" "left" {
  policy_arn = aws_iam_policy.former["left"].arn
  role       = "second"
  depends_on = [aws_iam_role.former]
}

resource "aws_iam_policy_attachment" "left" {
  name       = "left"
  policy_arn = aws_iam_policy.former["left"].arn
  roles      = ["first"]
  depends_on = [aws_iam_role.former]
}
