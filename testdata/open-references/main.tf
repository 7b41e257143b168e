# Which secret, parameter or file a task reads is open until the apply, or is inside of a list that is.
provider "aws" {
  region = "eu-west-2"
}

data "aws_iam_policy_document" "ecs_tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_caller_identity" "c" {}

resource "aws_kms_key" "k" {}

resource "aws_db_instance" "db" {
  count                         = 1
  identifier                    = "ledger"
  engine                        = "postgres"
  instance_class                = "db.t3.micro"
  allocated_storage             = 20
  username                      = "root"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.k.key_id
  skip_final_snapshot           = true
}

resource "aws_secretsmanager_secret" "s" {
  name       = "ledger"
  kms_key_id = aws_kms_key.k.arn
}

resource "aws_secretsmanager_secret" "plain" {
  name = "plain"
}

resource "aws_ssm_parameter" "p" {
  name   = "/ledger/token"
  type   = "SecureString"
  value  = "x"
  key_id = aws_kms_key.k.arn
}

resource "aws_s3_bucket" "b" {
  bucket_prefix = "ledger-"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.k.arn
    }
  }
}

locals {
  managed = aws_db_instance.db[0].master_user_secret
  own     = aws_secretsmanager_secret.s
  plain   = aws_secretsmanager_secret.plain
  late    = aws_db_instance.db[0].port > 1 # true, which only the apply shows
  secrets = {
    coalesce-db = coalesce(one(aws_db_instance.db[*].master_user_secret[0].secret_arn), local.plain.arn)
    element-db  = element(local.managed[*].secret_arn, 0)
    flat-db     = flatten(aws_db_instance.db[*].master_user_secret[*].secret_arn)[0]
    for-db      = [for each in local.managed : each.secret_arn][0]
    for-if      = [for each in local.managed : each.secret_arn if each.secret_status != "x"][0]
    one-db      = one(local.managed).secret_arn
    try-db      = try(local.managed[0].secret_arn, null)
    one-of-two  = local.late ? local.own.arn : local.plain.arn
    own-or-null = local.late ? local.own.arn : null
    index       = [local.own, local.plain][local.late ? 0 : 1].arn
    lookup      = lookup({ (local.plain.name) = local.plain.arn }, local.late ? "x" : "plain", local.own.arn)
    granted     = local.late ? local.own.arn : local.plain.arn
    parameter   = local.late ? aws_ssm_parameter.p.arn : null
    other-plain = local.late ? local.plain.arn : "arn:aws:secretsmanager:eu-west-2:123456789012:secret:x-AbCdEf"
  }
  files = {
    bucket = "${local.late ? aws_s3_bucket.b.arn : "arn:aws:s3:::other"}/app.env"
    file   = local.late ? "${aws_s3_bucket.b.arn}/app.env" : "arn:aws:s3:::other/app.env"
  }
  statements = {
    full = [{ Effect = "Allow", Action = ["s3:*", "secretsmanager:*", "ssm:*", "kms:*"], Resource = "*" }]
    some = [{ Effect = "Allow", Action = ["s3:*", "secretsmanager:*", "ssm:*"], Resource = "*" }]
  }
}

resource "aws_iam_role" "e" {
  for_each           = local.statements
  name               = "ledger-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

resource "aws_iam_role_policy" "e" {
  for_each = local.statements
  role     = aws_iam_role.e[each.key].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_ecs_task_definition" "t" {
  for_each                 = local.secrets
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.e[each.key == "granted" ? "full" : "some"].arn
  container_definitions = jsonencode([
    { name = "app", image = "nginx", secrets = [{ name = "TOKEN", valueFrom = each.value }] },
  ])
}

resource "aws_ecs_task_definition" "f" {
  for_each                 = local.files
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.e["some"].arn
  container_definitions = jsonencode([
    { name = "app", image = "nginx", environmentFiles = [{ type = "s3", value = each.value }] },
  ])
}
