# Existing objects, secrets and parameters stay encrypted with their keys when the defaults change.
resource "aws_kms_key" "old" {}

resource "aws_kms_key" "new" {}

resource "aws_kms_alias" "moving" {
  name          = "alias/moving"
  target_key_id = aws_kms_key.old.key_id
}

locals {
  # The key of each bucket's default encryption.
  defaults = {
    stays = aws_kms_key.old.arn
    loses = aws_kms_key.old.arn
    moves = aws_kms_key.old.arn
  }

  # What each service reads and the keys that its role may use.
  services = {
    stays     = { file = "${aws_s3_bucket.config["stays"].arn}/app.env", keys = [] }
    gains     = { file = "${aws_s3_bucket.config["gains"].arn}/app.env", keys = [] }
    loses     = { file = "${aws_s3_bucket.config["loses"].arn}/app.env", keys = [aws_kms_key.old.arn] }
    moves     = { file = "${aws_s3_bucket.config["moves"].arn}/app.env", keys = [aws_kms_key.new.arn] }
    kept      = { file = aws_s3_object.kept.arn, keys = [aws_kms_key.old.arn] }
    rewritten = { file = aws_s3_object.rewritten.arn, keys = [aws_kms_key.old.arn] }

  }

  secrets = {
    renewed = { key = aws_kms_key.old.arn, keys = [aws_kms_key.new.arn] }
    bared   = { key = aws_kms_key.old.arn, keys = [] }
  }
}

resource "aws_s3_bucket" "config" {
  for_each = toset(["stays", "gains", "loses", "moves"])
  bucket   = "acme-encryption-${each.key}"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "config" {
  for_each = local.defaults
  bucket   = aws_s3_bucket.config[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = each.value
    }
  }
}

resource "aws_s3_object" "kept" {
  bucket  = aws_s3_bucket.config["moves"].id
  key     = "kept.env"
  content = "MODE=prod\n"

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.config]
}

# The provider uploads it again with the key that is in its state.
resource "aws_s3_object" "rewritten" {
  bucket  = aws_s3_bucket.config["moves"].id
  key     = "rewritten.env"
  content = "MODE=test\n"

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.config]
}

resource "aws_secretsmanager_secret" "app" {
  for_each   = local.secrets
  name       = "encryption/${each.key}"
  kms_key_id = each.value.key
}

resource "aws_ssm_parameter" "moved" {
  name   = "/encryption/moved"
  type   = "SecureString"
  key_id = aws_kms_alias.moving.name
  value  = "x"
}

resource "aws_iam_role" "execution" {
  for_each = merge(local.services, local.secrets, { alias = { keys = [aws_kms_key.new.arn] } })
  name     = "encryption-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "start" {
  for_each = merge(local.services, local.secrets, { alias = { keys = [aws_kms_key.new.arn] } })
  name     = "start"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetBucketLocation", "secretsmanager:GetSecretValue", "ssm:GetParameters"]
        Resource = "*"
      }],
      [for key in each.value.keys : { Effect = "Allow", Action = "kms:Decrypt", Resource = key }],
    )
  })
}

resource "aws_ecs_task_definition" "file" {
  for_each           = local.services
  family             = "encryption-${each.key}"
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = each.value.file }]
  }])
}

resource "aws_ecs_task_definition" "secret" {
  for_each           = local.secrets
  family             = "encryption-${each.key}"
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 256
    secrets = [{ name = "PASSWORD", valueFrom = aws_secretsmanager_secret.app[each.key].arn }]
  }])
}

resource "aws_ecs_task_definition" "alias" {
  family             = "encryption-alias"
  execution_role_arn = aws_iam_role.execution["alias"].arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/docker/library/nginx:1.27"
    memory  = 256
    secrets = [{ name = "PASSWORD", valueFrom = aws_ssm_parameter.moved.arn }]
  }])
}
