# Execution roles and what is attached to them. `taking-stack` removes some of it; this stack itself deletes the role
# `leaving` and renames `renamed`.
locals {
  roles = toset(["detached", "narrowed", "kept", "inline", "listed", "owned", "overlooked", "remains"])
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  grant = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" }]
  })
}

resource "aws_iam_role" "this" {
  for_each           = local.roles
  name               = "lent-${each.key}"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "renamed" {
  name               = "lent-renamed-2"
  assume_role_policy = local.trust
}

resource "aws_iam_policy" "this" {
  for_each = toset(["files", "shared", "team"])
  name     = "lent-${each.key}"
  policy   = local.grant
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = {
    detached   = "files"
    narrowed   = "shared"
    kept       = "shared"
    owned      = "team"
    listed     = "files"
    overlooked = "files"
    remains    = "files"
  }
  role       = aws_iam_role.this[each.key].name
  policy_arn = aws_iam_policy.this[each.value].arn
}

resource "aws_iam_role_policy" "inline" {
  for_each = toset(["inline", "overlooked"])
  name     = "files"
  role     = aws_iam_role.this[each.key].name
  policy   = local.grant
}
