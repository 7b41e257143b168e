module "label" {
  source    = "./label"
  namespace = "eg"
  stage     = "test"
  name      = "web"
}
resource "aws_kms_key" "secrets" {}
resource "aws_secretsmanager_secret" "token" {
  name       = module.label.id
  kms_key_id = aws_kms_key.secrets.arn
}
resource "aws_ecr_repository" "app" { name = module.label.id }
module "container" {
  source          = "./container"
  container_name  = module.label.id
  container_image = "${aws_ecr_repository.app.repository_url}:latest"
  map_secrets     = { TOKEN = aws_secretsmanager_secret.token.arn }
  map_environment = { A = "1", B = null }
  log_configuration = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = one(aws_cloudwatch_log_group.app[*].name)
      awslogs-region        = "ap-northeast-1"
      awslogs-stream-prefix = "web"
    }
    secretOptions = null
  }
}
resource "aws_cloudwatch_log_group" "app" {
  count = 1
  name  = module.label.id
}
module "task" {
  source                    = "./task"
  context                   = module.label.context
  container_definition_json = module.container.json_map_encoded_list
  task_exec_policy_arns_map = { secrets = aws_iam_policy.secrets.arn }
}
data "aws_iam_policy_document" "secrets" {
  statement {
    effect    = "Allow"
    resources = formatlist("%s", [aws_secretsmanager_secret.token.arn])
    actions   = ["secretsmanager:GetSecretValue"]
  }
  statement {
    resources = compact([aws_kms_key.secrets.arn, ""])
    actions   = ["kms:Decrypt"]
  }
}
resource "aws_iam_policy" "secrets" {
  name   = "${module.label.id}-secrets"
  policy = data.aws_iam_policy_document.secrets.json
}
