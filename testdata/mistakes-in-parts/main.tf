provider "aws" {
  region = "eu-west-1"
}

resource "aws_s3_bucket" "config" {
  bucket = "config-of-all-8841"
}

resource "aws_s3_object" "jobs" {
  bucket  = aws_s3_bucket.config.id
  key     = "jobs.env"
  content = "A=b\n"
}

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

resource "aws_ssm_parameter" "token" {
  name  = "/mail/token"
  type  = "String"
  value = "x"
}

locals {
  region = "eu-west-1"
  base   = "s3://${aws_s3_bucket.config.bucket}"
  services = {
    web = {
      secrets = { DB = "${aws_secretsmanager_secret.db.arn}:password" }
      files   = []
    }
    jobs = {
      secrets = {}
      files   = [{ value = "${local.base}/jobs.env", type = "s3" }]
    }
    mail = {
      secrets = { TOKEN = format("arn:aws:ssm:%s:123456789012:parameter//mail/token", local.region) }
      files   = []
    }
    desk = {
      secrets = {}
      files   = [{ value = aws_s3_object.jobs.arn, type = "S3" }]
    }
  }
}

module "service" {
  source   = "./service"
  for_each = local.services

  name    = each.key
  secrets = each.value.secrets
  files   = each.value.files
}
