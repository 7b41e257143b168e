locals {
  services = toset(["api", "worker", "cron"])
}

resource "aws_iam_role" "admin" {
  name = "admin"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_kms_key" "secrets" {
  description = "secrets of the services"
  policy      = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Administration"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.admin.arn]
    }
  }
}

resource "aws_secretsmanager_secret" "service" {
  for_each = local.services

  name       = "${each.key}/db"
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_iam_role" "execution" {
  for_each = local.services

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "secrets" {
  for_each = local.services

  name = "secrets"
  role = aws_iam_role.execution[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.service[each.key].arn
      },
      {
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.secrets.arn
      },
    ]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each = local.services

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([
    {
      name      = each.key
      image     = "public.ecr.aws/nginx/nginx:1.27"
      essential = true
      secrets   = [{ name = "DB", valueFrom = aws_secretsmanager_secret.service[each.key].arn }]
    },
  ])
}

# Another key, with a policy of its own resource, in a heredoc.
resource "aws_kms_key" "mail" {
  description = "mail"
}

resource "aws_kms_key_policy" "mail" {
  key_id = aws_kms_key.mail.id
  policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Administration",
      "Effect": "Allow",
      "Principal": { "AWS": "${aws_iam_role.admin.arn}" },
      "Action": "kms:*",
      "Resource": "*"
    }
  ]
}
POLICY
}

resource "aws_ssm_parameter" "mail" {
  name   = "/mail/token"
  type   = "SecureString"
  key_id = aws_kms_key.mail.arn
  value  = "changeme"
}

resource "aws_iam_role" "mail" {
  name               = "mail-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role" "push" {
  name               = "push-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "mail" {
  name   = "parameters"
  role   = aws_iam_role.mail.id
  policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        { "Effect": "Allow", "Action": "ssm:GetParameters", "Resource": "${aws_ssm_parameter.mail.arn}" }
      ]
    }
  EOF
}

resource "aws_ecs_task_definition" "mail" {
  family                   = "mail"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.mail.arn
  container_definitions = jsonencode([{
    name    = "mail"
    image   = "public.ecr.aws/nginx/nginx:1.27"
    secrets = [{ name = "TOKEN", valueFrom = aws_ssm_parameter.mail.arn }]
  }])
}

resource "aws_ecs_task_definition" "push" {
  family                   = "push"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.push.arn
  container_definitions = jsonencode([{
    name    = "push"
    image   = "public.ecr.aws/nginx/nginx:1.27"
    secrets = [{ name = "TOKEN", valueFrom = aws_ssm_parameter.mail.arn }]
  }])
}
