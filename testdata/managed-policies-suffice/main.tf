# No policy is written here, but broad AWS managed policies are attached, in three ways: nothing is missing.
resource "aws_s3_bucket" "config" {
  bucket = "acme-broad-config"
}

data "aws_iam_policy" "read_only" {
  name = "AmazonS3ReadOnlyAccess"
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  containers = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    essential        = true
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }]
  }])
}

resource "aws_iam_role" "web" {
  name               = "web-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy_attachment" "web" {
  for_each = toset([
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    "arn:aws:iam::aws:policy/AmazonS3FullAccess",
  ])

  role       = aws_iam_role.web.name
  policy_arn = each.value
}

resource "aws_iam_role" "jobs" {
  name               = "jobs-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy_attachment" "jobs" {
  role       = aws_iam_role.jobs.id
  policy_arn = data.aws_iam_policy.read_only.arn
}

resource "aws_iam_role" "mails" {
  name                = "mails-execution"
  assume_role_policy  = local.trust
  managed_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess"]
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  execution_role_arn    = aws_iam_role.web.arn
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "jobs" {
  family                = "jobs"
  execution_role_arn    = aws_iam_role.jobs.arn
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "mails" {
  family                = "mails"
  execution_role_arn    = aws_iam_role.mails.arn
  container_definitions = local.containers
}
