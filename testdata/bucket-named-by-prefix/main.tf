# The provider completes the name of the bucket, so that only its beginning is known. proxy reads nothing.
provider "aws" {
  region = "eu-west-1"
}

locals {
  services = {
    web   = { secrets = ["db", "session"], env = true }
    jobs  = { secrets = ["db"], env = true }
    proxy = { secrets = [], env = false }
  }
}

resource "aws_secretsmanager_secret" "app" {
  for_each = toset(distinct(flatten(values(local.services)[*].secrets)))
  name     = "app/${each.key}"
}

resource "aws_s3_bucket" "env" {
  bucket_prefix = "app-env-"
}

resource "aws_s3_object" "env" {
  for_each = { for name, service in local.services : name => service if service.env }

  bucket  = aws_s3_bucket.env.bucket
  key     = "${each.key}/${terraform.workspace}.env"
  content = "X=1"
}

resource "aws_iam_role" "execution" {
  for_each = local.services

  name_prefix        = "${each.key}-"
  assume_role_policy = <<-EOF
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
  EOF
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.services

  role = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Action   = ["ecr:GetAuthorizationToken"],
        Effect   = "Allow",
        Resource = "*"
      }
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.services

  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([
    {
      name             = each.key
      image            = "public.ecr.aws/acme/${each.key}:1"
      memory           = 256
      secrets          = [for name in each.value.secrets : { name = upper(name), valueFrom = aws_secretsmanager_secret.app[name].arn }]
      environmentFiles = each.value.env ? [{ type = "s3", value = aws_s3_object.env[each.key].arn }] : []
    }
  ])
}
