module "api" {
  source = "./service"

  name = "api"
  environment = {
    STAGE       = "prod"
    DB_PASSWORD = "not-a-real-password"
  }
  secrets = {}
}

module "mail" {
  source = "./service"

  name = "mail"
  environment = {
    STAGE         = "prod"
    SMTP_PASSWORD = "not-a-real-password"
  }
}
