# A module in a module, called for an object each, of which one has a file. Nothing grants it: the policy of the inner module is
# for secrets, and only where there are some.
provider "aws" {
  region = "ap-northeast-1"
}

module "platform" {
  source = "./modules/platform"

  name = "acme"
  services = {
    web = {
      image   = "public.ecr.aws/docker/library/nginx:1.27"
      secrets = { DB = aws_secretsmanager_secret.db.arn }
      files   = ["web/prod.env"]
    }
    jobs = {
      image   = "public.ecr.aws/docker/library/nginx:1.27"
      secrets = { TOKEN = aws_secretsmanager_secret.token.arn }
    }
  }
}

resource "aws_secretsmanager_secret" "db" {
  name = "acme/db"
}

resource "aws_secretsmanager_secret" "token" {
  name = "acme/token"
}
