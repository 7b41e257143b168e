# Several modules look up what other stacks created, and every look-up waits for apply. Two of them may find one object.
provider "aws" {
  region = "ap-northeast-1"
}

resource "terraform_data" "network" {}

data "aws_secretsmanager_secret" "database" {
  name       = "shared/database"
  depends_on = [terraform_data.network]
}

data "aws_secretsmanager_secret" "database_again" {
  name       = "shared/database"
  depends_on = [terraform_data.network]
}

data "aws_secretsmanager_secret" "queue" {
  name       = "shared/queue"
  depends_on = [terraform_data.network]
}

data "aws_kms_key" "shared" {
  key_id     = "alias/shared"
  depends_on = [terraform_data.network]
}

data "aws_kms_key" "shared_again" {
  key_id     = "alias/shared"
  depends_on = [terraform_data.network]
}

data "aws_kms_key" "shared_too" {
  key_id     = "alias/shared-too"
  depends_on = [terraform_data.network]
}

data "aws_kms_key" "other" {
  key_id     = "alias/other"
  depends_on = [terraform_data.network]
}

resource "aws_kms_key" "own" {}

resource "aws_ssm_parameter" "token" {
  for_each = { shared = data.aws_kms_key.shared.arn, own = aws_kms_key.own.arn }
  name     = "/compared/${each.key}"
  type     = "SecureString"
  key_id   = each.value
  value    = "x"
}

locals {
  # Each role reads what it needs, and may decrypt with any key but those that one statement names.
  roles = {
    granted-again  = { reads = data.aws_secretsmanager_secret.database_again.arn, denied = aws_kms_key.own.arn }
    granted-other  = { reads = data.aws_secretsmanager_secret.queue.arn, denied = data.aws_kms_key.shared_again.arn }
    denied-too     = { reads = data.aws_secretsmanager_secret.database.arn, denied = data.aws_kms_key.shared_too.arn }
    denied-another = { reads = data.aws_secretsmanager_secret.database.arn, denied = data.aws_kms_key.other.arn }
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.roles
  name     = "compared-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "reads" {
  for_each = local.roles
  name     = "reads"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = each.value.reads },
      { Effect = "Allow", Action = ["ssm:GetParameters", "kms:Decrypt"], Resource = "*" },
      { Effect = "Deny", Action = "kms:Decrypt", Resource = each.value.denied },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each           = local.roles
  family             = "compared-${each.key}"
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name   = "app"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 256
    secrets = [
      { name = "DATABASE", valueFrom = data.aws_secretsmanager_secret.database.arn },
      { name = "OWN", valueFrom = aws_ssm_parameter.token["own"].arn },
      { name = "SHARED", valueFrom = aws_ssm_parameter.token["shared"].arn },
    ]
  }])
}
