# Statements with conditions on the keys of a call: which version of a secret it asks for and by what name, whether
# the caller signed in with a second factor, which tags an object has, and how a key is used.
locals {
  conditions = {
    current   = { StringEquals = { "secretsmanager:VersionStage" = "AWSCURRENT" } }
    previous  = { "ForAnyValue:StringEquals" = { "secretsmanager:VersionStage" = "AWSPREVIOUS" } }
    unwritten = { StringEquals = { "secretsmanager:VersionStage" = "AWSCURRENT" } }
    partial   = { StringLike = { "secretsmanager:SecretId" = "${local.partial}-*" } }
    factor    = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    object    = { StringEquals = { "s3:ExistingObjectTag/class" = "settings" } }
    algorithm = { StringEqualsIfExists = { "kms:EncryptionAlgorithm" = "SYMMETRIC_DEFAULT", "kms:MultiRegion" = "false" } }
    replica   = { StringEquals = { "kms:MultiRegionKeyType" = "REPLICA" } }
  }
  partial = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:call/database"
  references = {
    current   = "${aws_secretsmanager_secret.database.arn}::AWSPREVIOUS:"
    previous  = "${aws_secretsmanager_secret.database.arn}:password:AWSPREVIOUS:"
    partial   = local.partial
    algorithm = aws_secretsmanager_secret.sealed.arn
    replica   = aws_secretsmanager_secret.sealed.arn
  }
}

resource "aws_secretsmanager_secret" "database" {
  name = "call/database"
}

resource "aws_kms_key" "secrets" {
  description = "secrets of the call"
}

resource "aws_secretsmanager_secret" "sealed" {
  name       = "call/sealed"
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_s3_bucket" "settings" {
  bucket = "acme-call-settings"
}

resource "aws_s3_object" "settings" {
  bucket  = aws_s3_bucket.settings.id
  key     = "web.env"
  content = "MODE=fast\n"
  tags    = { class = "settings" }
}

resource "aws_iam_role" "execution" {
  for_each = local.conditions
  name     = "call-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "read" {
  for_each = local.conditions
  name     = "read"
  role     = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["secretsmanager:GetSecretValue", "s3:GetObject", "s3:GetBucketLocation", "kms:Decrypt"]
      Resource  = "*"
      Condition = each.value
    }]
  })
}

resource "aws_ecs_task_definition" "web" {
  for_each                 = local.conditions
  family                   = "call-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name             = "web"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    secrets          = each.key == "object" ? [] : [{ name = "DATABASE", valueFrom = lookup(local.references, each.key, aws_secretsmanager_secret.database.arn) }]
    environmentFiles = each.key == "object" ? [{ type = "s3", value = "${aws_s3_bucket.settings.arn}/web.env" }] : []
  }])
}
