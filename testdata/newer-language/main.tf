# The language of Terraform 1.15: a module whose source depends on a variable, conversions to a type, ephemeral values.
terraform {
  required_version = ">= 1.15"
}

variable "flavour" {
  type    = string
  default = "quiet"
  const   = true
}

variable "actions" {
  type    = list(string)
  default = null
}

variable "legacy" {
  type       = string
  default    = null
  deprecated = "use actions"
}

module "role" {
  source = "./modules/${var.flavour}"
  name   = "newer"
}

locals {
  actions = convert(coalesce(var.actions, ["s3:GetObject", "s3:GetBucketLocation"]), set(string))
  files   = convert({ app = {}, sidecar = { folder = "late" } }, map(object({ folder = optional(string, "early") })))
}

resource "aws_s3_bucket" "files" {
  bucket_prefix = "newer-"
}

resource "aws_iam_role_policy" "start" {
  name = "start"
  role = module.role.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.actions, Resource = [aws_s3_bucket.files.arn, "${aws_s3_bucket.files.arn}/early/*"] }]
  })
}

ephemeral "aws_secretsmanager_random_password" "database" {
  password_length = 20
}

resource "aws_secretsmanager_secret" "database" {
  name = "newer-database"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id                = aws_secretsmanager_secret.database.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.database.random_password
  secret_string_wo_version = 1
}

resource "aws_ecs_task_definition" "app" {
  family                   = "newer"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.role.arn

  container_definitions = jsonencode([for name, file in local.files : {
    name             = name
    image            = "nginx:1.27"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.files.arn}/${file.folder}/${name}.env" }]
    secrets          = [{ name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn }]
  }])
}

output "revision" {
  type  = string
  value = aws_ecs_task_definition.app.arn
}
