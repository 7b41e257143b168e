# A multi-region key and its replica have one id: it means the one in the region where it is used.
provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "dr"
  region = "eu-west-1"
}

data "aws_caller_identity" "c" {}

resource "aws_kms_key" "main" {
  multi_region = true
}

resource "aws_kms_replica_key" "dr" {
  provider        = aws.dr
  primary_key_arn = aws_kms_key.main.arn
}

resource "aws_kms_alias" "dr" {
  provider      = aws.dr
  name          = "alias/dr"
  target_key_id = aws_kms_replica_key.dr.key_id
}

resource "aws_secretsmanager_secret" "main" {
  name       = "app/main"
  kms_key_id = aws_kms_key.main.key_id
}

resource "aws_secretsmanager_secret" "by_id" {
  provider   = aws.dr
  name       = "app/by-id"
  kms_key_id = aws_kms_key.main.key_id
}

resource "aws_secretsmanager_secret" "by_alias" {
  provider   = aws.dr
  name       = "app/by-alias"
  kms_key_id = aws_kms_alias.dr.name
}

resource "aws_iam_role" "e" {
  for_each = { main = "eu-central-1", dr = "eu-west-1" }
  name     = "replica-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "e" {
  for_each = { main = "eu-central-1", dr = "eu-west-1" }
  role     = aws_iam_role.e[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = "*" },
      {
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = "arn:aws:kms:${each.value}:${data.aws_caller_identity.c.account_id}:key/*"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "main" {
  for_each                 = aws_iam_role.e
  family                   = "main-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([
    { name = "app", image = "nginx", secrets = [{ name = "A", valueFrom = aws_secretsmanager_secret.main.arn }] },
  ])
}

resource "aws_ecs_task_definition" "dr" {
  provider                 = aws.dr
  for_each                 = aws_iam_role.e
  family                   = "dr-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([{
    name  = "app"
    image = "nginx"
    secrets = [
      { name = "A", valueFrom = aws_secretsmanager_secret.by_id.arn },
      { name = "B", valueFrom = aws_secretsmanager_secret.by_alias.arn },
    ]
  }])
}
