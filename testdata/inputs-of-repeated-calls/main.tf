# One module for all services, called with lists of ARNs and a map of statements. Each call forgets something: one that is
# written out, one for each key and by number, one for a map of services, one within another module, one in JSON.
provider "aws" {
  region = "eu-west-1"
}

locals {
  workers = {
    mailer = { cpu = 256 }
    search = { cpu = 512 }
  }

  common_secret_arns = [aws_secretsmanager_secret.datadog.arn]
}

resource "aws_kms_key" "secrets" {
  description = "secrets of the shop"
}

resource "aws_secretsmanager_secret" "datadog" {
  name = "shop/datadog"
}

resource "aws_secretsmanager_secret" "stripe" {
  name       = "shop/stripe"
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_secretsmanager_secret" "worker" {
  for_each = local.workers

  name = "shop/${each.key}"
}

resource "aws_ssm_parameter" "flags" {
  name  = "/shop/flags"
  type  = "String"
  value = "{}"
}

module "web" {
  source = "./modules/service"

  name = "web"

  container_definitions = {
    web = {
      image = "nginx:1"
      secrets = [
        { name = "DD_API_KEY", valueFrom = aws_secretsmanager_secret.datadog.arn },
        { name = "FLAGS", valueFrom = aws_ssm_parameter.flags.arn },
        { name = "STRIPE_KEY", valueFrom = "${aws_secretsmanager_secret.stripe.arn}:key::" },
      ]
    }
  }

  task_exec_secret_arns = concat(local.common_secret_arns, [
    # payment
  ])
}

module "worker" {
  source   = "./modules/service"
  for_each = local.workers

  name = each.key
  cpu  = each.value.cpu

  container_definitions = {
    (each.key) = {
      image = "busybox:1"
      secrets = [
        { name = "DD_API_KEY", valueFrom = aws_secretsmanager_secret.datadog.arn },
        { name = "TOKEN", valueFrom = aws_secretsmanager_secret.worker[each.key].arn },
      ]
    }
  }

  task_exec_secret_arns = local.common_secret_arns
}

module "cron" {
  source = "./modules/service"
  count  = 2

  name = "cron-${count.index}"

  container_definitions = {
    cron = {
      image   = "busybox:1"
      secrets = [{ name = "DD_API_KEY", valueFrom = aws_secretsmanager_secret.datadog.arn }]
    }
  }
}

module "team" {
  source = "./modules/team"

  secret_arn = aws_secretsmanager_secret.stripe.arn
  statements = {
    ReadSecrets = {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.stripe.arn]
    }
  }
}

# What this is passed, its task role gets too.
module "both" {
  source = "./modules/both"

  secrets     = { DD_API_KEY = aws_secretsmanager_secret.datadog.arn, STRIPE_KEY = aws_secretsmanager_secret.stripe_test.arn }
  secret_arns = [aws_secretsmanager_secret.datadog.arn]
}
