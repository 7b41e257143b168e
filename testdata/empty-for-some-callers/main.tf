# Callers leave out what the module reads by passing nothing: an empty text is no ARN, and no policy accepts it.
resource "aws_s3_bucket" "cfg" {
  bucket = "acme-cfg"
}

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

module "api" {
  source       = "./svc"
  name         = "api"
  secret_arn   = aws_secretsmanager_secret.db.arn
  env_file_arn = "${aws_s3_bucket.cfg.arn}/api.env"
}

module "jobs" {
  source     = "./svc"
  name       = "jobs"
  secret_arn = aws_secretsmanager_secret.db.arn
}

module "cron" {
  source = "./svc"
  name   = "cron"
}
