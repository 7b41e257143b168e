locals {
  services = {
    checkout = {
      secrets     = { DD_API_KEY = aws_secretsmanager_secret.datadog.arn }
      secret_arns = [aws_secretsmanager_secret.datadog.arn]
    }

    catalog = {
      secrets     = { DD_API_KEY = aws_secretsmanager_secret.datadog.arn }
      secret_arns = []
    }

    returns = {
      secrets = { STRIPE_KEY = aws_secretsmanager_secret.stripe_test.arn }
    }
  }
}

resource "aws_secretsmanager_secret" "stripe_test" {
  name = "shop/stripe-test"
}

module "service" {
  source   = "./modules/service"
  for_each = local.services

  name = each.key
  container_definitions = {
    app = {
      image   = "busybox:1"
      secrets = [for name, arn in each.value.secrets : { name = name, valueFrom = arn }]
    }
  }

  task_exec_secret_arns = try(each.value.secret_arns, [])
}
