# The name of a role or a policy is unique in its account, so that nothing has its name and another path.
data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

locals {
  account = data.aws_caller_identity.current.account_id
}

resource "aws_secretsmanager_secret" "db" {
  for_each = toset(["web", "jobs"])

  name       = "paths/${each.key}"
  kms_key_id = aws_kms_key.secrets[each.key].arn
}

resource "aws_secretsmanager_secret_version" "db" {
  for_each = aws_secretsmanager_secret.db

  secret_id     = each.value.id
  secret_string = "known"
}

resource "aws_iam_role" "execution" {
  for_each = toset(["web", "jobs", "mail"])

  name               = "paths-${each.key}"
  path               = "/services/"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# The key of web's secret names no role that exists.
resource "aws_kms_key" "secrets" {
  for_each = { web = "", jobs = "services/" }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:user/administrator" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:role/${each.value}paths-${each.key}" }
        Action    = "kms:Decrypt"
        Resource  = "*"
      },
    ]
  })
  bypass_policy_lockout_safety_check = true

  depends_on = [aws_iam_role.execution]
}

resource "aws_iam_role_policy" "read" {
  for_each = aws_secretsmanager_secret.db

  role = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = each.value.arn }]
  })
}

# The bucket's policy names no role that exists, and mail's attachment no policy.
resource "aws_s3_bucket" "config" {
  bucket = "acme-paths-config"
}

resource "aws_s3_object" "mail" {
  bucket  = aws_s3_bucket.config.id
  key     = "mail.env"
  content = "LEVEL=info\n"
}

resource "aws_s3_bucket_policy" "config" {
  bucket = aws_s3_bucket.config.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${local.account}:role/service/paths-mail" }
      Action    = "s3:GetBucketLocation"
      Resource  = "arn:aws:s3:::acme-paths-config"
    }]
  })
}

resource "aws_iam_policy" "files" {
  name = "paths-files"
  path = "/services/"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" }]
  })
}

resource "aws_iam_role_policy_attachment" "mail" {
  role       = aws_iam_role.execution["mail"].name
  policy_arn = "arn:aws:iam::${local.account}:policy/paths-files"
}

resource "aws_ecs_task_definition" "app" {
  for_each = aws_secretsmanager_secret.db

  family             = "paths-${each.key}"
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/acme/app:1"
    memory  = 128
    secrets = [{ name = "DB", valueFrom = each.value.arn }]
  }])
}

resource "aws_ecs_task_definition" "mail" {
  family             = "paths-mail"
  execution_role_arn = aws_iam_role.execution["mail"].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/acme/app:1"
    memory           = 128
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${aws_s3_object.mail.key}" }]
  }])
}
