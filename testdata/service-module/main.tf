data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
resource "aws_s3_bucket" "env" { bucket_prefix = "reg-env-" }
resource "aws_secretsmanager_secret" "db" { name_prefix = "reg/db-" }
resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = "x"
}
resource "aws_ssm_parameter" "flag" {
  name  = "/reg/flag"
  type  = "String"
  value = "on"
}
module "service" {
  source = "./service"
  name   = "reg"
  containers = {
    app = {
      image             = "${data.aws_caller_identity.current.account_id}.dkr.ecr.${data.aws_region.current.name}.amazonaws.com/reg:1"
      environment_files = [{ value = "${aws_s3_bucket.env.arn}/app.env", type = "s3" }]
      secrets           = [{ name = "DB", valueFrom = "${aws_secretsmanager_secret.db.arn}:password::" }, { name = "FLAG", valueFrom = aws_ssm_parameter.flag.arn }]
    }
    proxy = { image = "public.ecr.aws/nginx/nginx:1", essential = false }
  }
  task_exec_secret_arns    = [aws_secretsmanager_secret.db.arn]
  task_exec_ssm_param_arns = ["arn:aws:ssm:*:*:parameter/reg/*"]
  task_exec_iam_statements = {
    files = { actions = ["s3:GetObject"], resources = ["${aws_s3_bucket.env.arn}/*"] }
    where = { actions = ["s3:GetBucketLocation"], resources = [aws_s3_bucket.env.arn] }
  }
}
