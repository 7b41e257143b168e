# A role, a bucket and a task behind a gate; roles of which two of three lack something.
variable "create" {
  type    = bool
  default = true
}
variable "services" {
  type    = set(string)
  default = ["api", "jobs", "web"]
}

resource "aws_s3_bucket" "config" {
  count         = var.create ? 1 : 0
  bucket_prefix = "acme-config-"
}

resource "aws_iam_role" "execution" {
  count = var.create ? 1 : 0
  name  = "gated-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_ecs_task_definition" "app" {
  count              = var.create ? 1 : 0
  family             = "app"
  execution_role_arn = aws_iam_role.execution[0].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config[0].arn}/app.env" }]
  }])
}

resource "aws_s3_bucket" "files" {
  bucket_prefix = "acme-files-"
}

resource "aws_iam_role" "service" {
  for_each = var.services
  name     = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each           = var.services
  family             = each.key
  execution_role_arn = aws_iam_role.service[each.key].arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = each.key == "web" ? [] : [{ type = "s3", value = "${aws_s3_bucket.files.arn}/${each.key}/app.env" }]
  }])
}

# A role that is always there, and secrets that are not.
resource "aws_secretsmanager_secret" "gated" {
  count       = var.create ? 1 : 0
  name_prefix = "gated-"
}

resource "aws_secretsmanager_secret" "keyed" {
  for_each    = var.services
  name_prefix = "${each.key}-"
}

resource "aws_iam_role" "tail" {
  name = "tail-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_ecs_task_definition" "tail" {
  family             = "tail"
  execution_role_arn = aws_iam_role.tail.arn
  container_definitions = jsonencode([{
    name             = "tail"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.files.arn}/tail.env" }]
    secrets = concat(
      var.create ? [{ name = "GATED", valueFrom = aws_secretsmanager_secret.gated[0].arn }] : [],
      contains(var.services, "api") ? [{ name = "KEYED", valueFrom = aws_secretsmanager_secret.keyed["api"].arn }] : [],
    )
  }])
}
