# What modules of the registry do for their callers: a list of principals that stays empty, a trust policy that is read
# only during apply, secrets below a prefix that is cut off their ARN, a key by its alias, an ARN that a data source
# takes apart, statements whose number is open.
resource "terraform_data" "suffix" {
  input = "once"
}

data "aws_kms_key" "shared" {
  key_id = "alias/shared"
}

resource "aws_secretsmanager_secret" "database" {
  name       = "shop/database/${terraform_data.suffix.id}"
  kms_key_id = "alias/shared"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = "x"
}

resource "aws_secretsmanager_secret" "mail" {
  name = "mail/${terraform_data.suffix.id}"
}

resource "aws_secretsmanager_secret_version" "mail" {
  secret_id     = aws_secretsmanager_secret.mail.id
  secret_string = "x"
}

module "role" {
  source   = "./modules/role"
  for_each = toset(["shop", "jobs"])

  name     = "${each.key}-execution"
  services = ["ecs-tasks.amazonaws.com"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = "${split("/", aws_secretsmanager_secret.database.arn)[0]}/*"
      },
      {
        Effect   = "Allow"
        Action   = each.key == "shop" ? "kms:Decrypt" : "kms:Encrypt"
        Resource = data.aws_kms_key.shared.arn
      },
    ]
  })

  depends_on = [terraform_data.suffix]
}

resource "aws_cloudwatch_log_group" "this" {
  name_prefix = "shop-"
}

data "aws_region" "here" {}

data "aws_arn" "group" {
  arn = aws_cloudwatch_log_group.this.arn
}

data "aws_iam_policy_document" "logs" {
  dynamic "statement" {
    for_each = length(compact([terraform_data.suffix.output])) > 0 ? [1] : []

    content {
      actions   = ["s3:PutObject"]
      resources = ["*"]
    }
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:${data.aws_arn.group.region}:${data.aws_arn.group.account}:${data.aws_arn.group.resource}:*"]
  }
}

resource "aws_iam_role_policy" "logs" {
  for_each = module.role
  name     = "logs"
  role     = each.value.role_name
  policy   = data.aws_iam_policy_document.logs.json
}

resource "aws_ecs_task_definition" "this" {
  for_each           = module.role
  family             = each.key
  execution_role_arn = each.value.arn
  container_definitions = jsonencode([{
    name   = "app"
    image  = "public.ecr.aws/nginx/nginx:1"
    memory = 128
    secrets = [for key, secret in {
      DATABASE = aws_secretsmanager_secret.database.arn
      MAIL     = aws_secretsmanager_secret.mail.arn
    } : { name = key, valueFrom = secret }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.here.name
        awslogs-stream-prefix = "app"
      }
    }
  }])
}
