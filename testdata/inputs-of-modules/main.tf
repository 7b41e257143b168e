# A module creates the role, and grants what its caller passes: statements in a map, or the ARNs of secrets and buckets in
# lists. The caller forgets some.
provider "aws" {
  region = "us-east-1"
}

resource "aws_s3_bucket" "artifacts" {
  bucket = "shipit-artifacts"
}

resource "aws_secretsmanager_secret" "api" {
  name = "shipit/api"
}

module "iam" {
  source = "./modules/iam"

  name = "shipit"
  policy_statements = {
    logs = {
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["*"]
    }
  }
}

module "task" {
  source = "./modules/task"

  family             = "shipit"
  execution_role_arn = module.iam.execution_role_arn
  environment_files  = ["${aws_s3_bucket.artifacts.arn}/shipit.env"]
  secrets            = { API_KEY = "${aws_secretsmanager_secret.api.arn}:key::" }
}

resource "aws_secretsmanager_secret" "worker" {
  for_each = toset(["queue", "token"])
  name     = "shipit/worker/${each.key}"
}

module "worker" {
  source = "./modules/service"

  name        = "worker"
  secrets     = { for key, secret in aws_secretsmanager_secret.worker : upper(key) => secret.arn }
  secret_arns = [aws_secretsmanager_secret.worker["queue"].arn]
}

module "sweeper" {
  source = "./modules/service"

  name    = "sweeper"
  secrets = { TOKEN = aws_secretsmanager_secret.worker["token"].arn }
}

# The platform module passes its inputs on to the service module.
module "platform" {
  source   = "./modules/platform"
  for_each = toset(["blue", "green"])

  name        = each.key
  secrets     = { TOKEN = aws_secretsmanager_secret.worker["token"].arn }
  worker_arns = []
}
