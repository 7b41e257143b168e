# Modules pass on what services read; teams' grants are made from tags and names.
provider "aws" {
  region = "eu-west-1"
}

resource "aws_secretsmanager_secret" "db" {
  name = "shop/db"
}

resource "aws_secretsmanager_secret" "smtp" {
  name = "shop/smtp"
}

module "prod" {
  source = "./modules/environment"

  name = "prod"
  services = {
    shop = {
      secrets = {
        DB   = aws_secretsmanager_secret.db.arn
        SMTP = aws_secretsmanager_secret.smtp.arn
      }
      readable_secret_arns = [aws_secretsmanager_secret.db.arn]
    }
    till = {
      secrets = {
        DB = aws_secretsmanager_secret.db.arn
      }
      readable_secret_arns = [aws_secretsmanager_secret.db.arn]
    }
  }
}

locals {
  teams = {
    cart = {
      team       = "checkout"
      parameters = ["cart/token"]
    }
    mail = {
      team       = "messages"
      parameters = ["mail/tokn"]
    }
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "team" {
  for_each = local.teams

  name               = each.key
  assume_role_policy = data.aws_iam_policy_document.trust.json

  tags = {
    team = each.value.team
  }
}

resource "aws_secretsmanager_secret" "team" {
  for_each = local.teams

  name = "team/${each.key}"

  tags = {
    service = each.key
  }
}

resource "aws_ssm_parameter" "token" {
  for_each = local.teams

  name  = "/${each.key}/token"
  type  = "String"
  value = "set-by-hand"
}

resource "aws_iam_role_policy" "team" {
  for_each = local.teams

  name = "team"
  role = aws_iam_role.team[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = "*"
        Condition = {
          StringEquals = { "secretsmanager:ResourceTag/team" = "$${aws:PrincipalTag/team}" }
        }
      },
      {
        Effect   = "Allow"
        Action   = "ssm:GetParameters"
        Resource = [for name in each.value.parameters : "arn:aws:ssm:eu-west-1:123456789012:parameter/${name}"]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "team" {
  for_each = local.teams

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.team[each.key].arn
  container_definitions = jsonencode([{
    name  = each.key
    image = "nginx:1.27"
    secrets = [
      { name = "SETTINGS", valueFrom = aws_secretsmanager_secret.team[each.key].arn },
      { name = "TOKEN", valueFrom = aws_ssm_parameter.token[each.key].arn },
    ]
  }])
}

locals {
  attached = {
    desk  = ["logs", "license"]
    kiosk = ["logs"]
  }

  attachments = merge([
    for service, names in local.attached : { for name in names : "${service}-${name}" => [service, name] }
  ]...)
}

resource "aws_secretsmanager_secret" "license" {
  name = "license"
}

resource "aws_iam_role" "desks" {
  for_each = local.attached

  name               = each.key
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "shared" {
  for_each = {
    logs    = ["logs:CreateLogStream", "*"]
    license = ["secretsmanager:GetSecretValue", aws_secretsmanager_secret.license.arn]
  }

  name = each.key
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = each.value[0], Resource = each.value[1] }]
  })
}

resource "aws_iam_role_policy_attachment" "desks" {
  for_each = local.attachments

  role       = aws_iam_role.desks[each.value[0]].name
  policy_arn = aws_iam_policy.shared[each.value[1]].arn
}

resource "aws_ecs_task_definition" "desks" {
  for_each = local.attached

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.desks[each.key].arn
  container_definitions = jsonencode([{
    name    = each.key
    image   = "nginx:1.27"
    secrets = [{ name = "LICENSE", valueFrom = aws_secretsmanager_secret.license.arn }]
  }])
}

# The input of these is an object, whose list some leave out.
module "mailer" {
  source = "./modules/configured"

  config = {
    name    = "mailer"
    secrets = { SMTP = aws_secretsmanager_secret.smtp.arn }
  }
}

locals {
  printers = {
    labels = {
      secrets     = { DB = aws_secretsmanager_secret.db.arn, SMTP = aws_secretsmanager_secret.smtp.arn }
      secret_arns = [aws_secretsmanager_secret.db.arn]
    }
    bills = {
      secrets = { DB = aws_secretsmanager_secret.db.arn }
    }
  }
}

module "printer" {
  source   = "./modules/configured"
  for_each = local.printers

  config = merge(each.value, { name = each.key })
}

module "reports" {
  source = "./modules/reports"

  settings = {
    secrets = {
      DB   = aws_secretsmanager_secret.db.arn
      SMTP = aws_secretsmanager_secret.smtp.arn
    }
    readable = [aws_secretsmanager_secret.db.arn]
  }
}
