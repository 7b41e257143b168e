# Services of one map: each lacks its own file and secret, which its key and its element name.
locals {
  services = {
    for number in range(4) : format("svc%02d", number) => {
      secret = format("shop/svc%02d/db", number)
      file   = format("svc%02d/prod.env", number)
    }
  }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_secretsmanager_secret" "db" {
  for_each = local.services
  name     = each.value.secret
}

resource "aws_iam_role" "execution" {
  for_each = local.services
  name     = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.services
  name     = "pull"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each           = local.services
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.value.file}" }]
    secrets          = [{ name = "DB", valueFrom = aws_secretsmanager_secret.db[each.key].arn }]
  }])
}
