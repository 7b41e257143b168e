# The roles of services. The change revokes from web what it grants to jobs; mail has nothing before and after.
resource "aws_iam_role" "service" {
  for_each = toset(["web", "jobs", "mail"])
  name     = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "web" {
  name = "files"
  role = aws_iam_role.service["web"].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetBucketLocation"], Resource = ["arn:aws:s3:::acme-config", "arn:aws:s3:::acme-config/*"] }]
  })
}

resource "aws_iam_role_policy" "jobs" {
  name = "files"
  role = aws_iam_role.service["jobs"].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::acme-config", "arn:aws:s3:::acme-config/*"] }]
  })
}
