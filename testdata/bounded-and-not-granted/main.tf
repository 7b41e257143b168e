# Neither the roles' policies nor their permissions boundaries allow all that start-up needs: a grant helps only together
# with a change of the boundary, which the plan manages for shop and desk. The boundary of till is an AWS policy. The key of
# desk's secrets has a policy that allows nobody to decrypt.
provider "aws" {
  region = "eu-central-1"
}

data "aws_caller_identity" "this" {}

resource "aws_kms_key" "params" {
  description = "parameters"
}

resource "aws_ssm_parameter" "dsn" {
  name   = "/shop/dsn"
  type   = "SecureString"
  value  = "x"
  key_id = aws_kms_key.params.arn
}

resource "aws_iam_policy" "boundary" {
  name = "shop-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Ssm"
        Effect   = "Allow"
        Action   = ["ssm:*", "logs:*"]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role" "exec" {
  name                 = "shop-exec"
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "exec" {
  name = "exec"
  role = aws_iam_role.exec.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = "arn:aws:ssm:eu-central-1:${data.aws_caller_identity.this.account_id}:parameter/shop/*"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "shop" {
  family             = "shop"
  execution_role_arn = aws_iam_role.exec.arn
  container_definitions = jsonencode([
    {
      name    = "shop"
      image   = "nginx"
      memory  = 256
      secrets = [{ name = "DSN", valueFrom = aws_ssm_parameter.dsn.name }]
    },
  ])
}

resource "aws_iam_role" "till" {
  name                 = "till-exec"
  permissions_boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
  assume_role_policy   = aws_iam_role.exec.assume_role_policy
}

resource "aws_ecs_task_definition" "till" {
  family             = "till"
  execution_role_arn = aws_iam_role.till.arn
  container_definitions = jsonencode([
    {
      name    = "till"
      image   = "nginx"
      memory  = 256
      secrets = [{ name = "DSN", valueFrom = aws_ssm_parameter.dsn.name }]
    },
  ])
}

resource "aws_kms_key" "desk" {
  description = "secrets of desk"
}

resource "aws_kms_key_policy" "desk" {
  key_id = aws_kms_key.desk.key_id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.this.account_id}:root" }
        Action    = ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:Get*", "kms:ScheduleKeyDeletion", "kms:Encrypt"]
        Resource  = "*"
      },
    ]
  })
}

resource "aws_secretsmanager_secret" "desk" {
  for_each   = toset(["api", "db"])
  name       = "desk/${each.key}"
  kms_key_id = aws_kms_key.desk.arn
}

resource "aws_iam_policy" "desk_boundary" {
  name = "desk-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Logs", Effect = "Allow", Action = "logs:*", Resource = "*" },
    ]
  })
}

resource "aws_iam_role" "desk" {
  name                 = "desk-exec"
  permissions_boundary = aws_iam_policy.desk_boundary.arn
  assume_role_policy   = aws_iam_role.exec.assume_role_policy
}

resource "aws_ecs_task_definition" "desk" {
  family             = "desk"
  execution_role_arn = aws_iam_role.desk.arn
  container_definitions = jsonencode([
    {
      name   = "desk"
      image  = "nginx"
      memory = 256
      secrets = [
        { name = "API", valueFrom = aws_secretsmanager_secret.desk["api"].arn },
        { name = "DB", valueFrom = aws_secretsmanager_secret.desk["db"].arn },
      ]
    },
  ])
}

resource "aws_s3_bucket" "files" {
  bucket_prefix = "files-"
}

# The boundary of kiosk allows to read the file, and not to locate its bucket: one new policy has both.
resource "aws_iam_policy" "kiosk_boundary" {
  name = "kiosk-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Read", Effect = "Allow", Action = "s3:GetObject", Resource = "*" },
    ]
  })
}

resource "aws_iam_role" "kiosk" {
  name                 = "kiosk-exec"
  permissions_boundary = aws_iam_policy.kiosk_boundary.arn
  assume_role_policy   = aws_iam_role.exec.assume_role_policy
}

resource "aws_ecs_task_definition" "kiosk" {
  family             = "kiosk"
  execution_role_arn = aws_iam_role.kiosk.arn
  container_definitions = jsonencode([
    {
      name             = "kiosk"
      image            = "nginx"
      memory           = 256
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.files.arn}/kiosk/prod.env" }]
    },
  ])
}

# What reads the file of fair is granted to roles with a tag. It is never granted without, also not by a second run.
data "aws_iam_policy_document" "fair" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.files.arn}/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/stage"
      values   = ["prod"]
    }
  }
}

resource "aws_iam_role" "fair" {
  name               = "fair-exec"
  assume_role_policy = aws_iam_role.exec.assume_role_policy
}

resource "aws_iam_role_policy" "fair" {
  name   = "fair"
  role   = aws_iam_role.fair.id
  policy = data.aws_iam_policy_document.fair.json
}

resource "aws_ecs_task_definition" "fair" {
  family             = "fair"
  execution_role_arn = aws_iam_role.fair.arn
  container_definitions = jsonencode([
    {
      name             = "fair"
      image            = "nginx"
      memory           = 256
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.files.arn}/fair/prod.env" }]
    },
  ])
}
