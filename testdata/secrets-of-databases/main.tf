# The password of a database is in a secret that RDS keeps, under a key of the customer.
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

resource "aws_kms_key" "db" {}

resource "aws_db_instance" "db" {
  identifier                    = "ledger"
  engine                        = "postgres"
  instance_class                = "db.t3.micro"
  allocated_storage             = 20
  username                      = "root"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.db.key_id
  skip_final_snapshot           = true
}

resource "aws_iam_role" "e" {
  for_each           = toset(["full", "nokms", "notaction", "notres"])
  name               = "ledger-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.ecs_tasks.json
}

# The list with the secret is known only after apply, so neither how many it has is known, nor that it has one.
locals {
  secret = aws_db_instance.db.master_user_secret[0].secret_arn
  doc = {
    full = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = local.secret },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.db.arn },
    ]
    nokms = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = one(aws_db_instance.db.master_user_secret[*].secret_arn)
      },
    ]
    notaction = [
      { Effect = "Allow", NotAction = ["iam:*", "kms:*"], Resource = "*" },
      { Effect = "Allow", Action = "kms:*", NotResource = aws_kms_key.db.arn },
    ]
    notres = [
      { Effect = "Allow", Action = "*", Resource = "*" },
      { Effect = "Deny", Action = "kms:Decrypt", NotResource = [aws_kms_key.db.arn, "arn:aws:kms:*:*:alias/*"] },
    ]
  }
}

resource "aws_iam_role_policy" "e" {
  for_each = aws_iam_role.e
  role     = each.value.id
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.doc[each.key] })
}

resource "aws_ecs_task_definition" "t" {
  for_each                 = aws_iam_role.e
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([{
    name  = "app"
    image = "nginx"
    # The provider sorts them by name, so that their order is the same after the apply.
    secrets = [for k in ["password", "username"] : { name = upper(k), valueFrom = "${local.secret}:${k}::" }]
  }])
}
