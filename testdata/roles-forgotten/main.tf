# Task definitions for Fargate of which none names an execution role: for web there is one that was forgotten, the one for
# jobs lacks a secret, and the others have none. Roles lie in iam.tf.
variable "gate" {
  type    = bool
  default = true
}

variable "teams" {
  type    = set(string)
  default = ["orders", "billing"]
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_secretsmanager_secret" "database" {
  name_prefix = "database-"
}

resource "aws_ecr_repository" "web" {
  name = "web"
}

resource "aws_cloudwatch_log_group" "web" {
  name = "/ecs/web"
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task.arn

  container_definitions = jsonencode([{
    name  = "web"
    image = "${aws_ecr_repository.web.repository_url}:1"
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family       = "jobs"
  network_mode = "awsvpc"
  cpu          = 256
  memory       = 512
  container_definitions = jsonencode([{
    name    = "jobs"
    image   = "public.ecr.aws/docker/library/busybox:1"
    secrets = [{ name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.web.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "jobs"
      }
    }
  }])
  requires_compatibilities = ["FARGATE"]
}

# Each reads a file of its own.
resource "aws_ecs_task_definition" "team" {
  for_each = var.teams

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512

  container_definitions = jsonencode([{
    name             = "app"
    image            = "${aws_ecr_repository.web.repository_url}:1"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}/app.env" }]
  }])
}

resource "aws_cloudwatch_log_group" "gated" {
  count = var.gate ? 1 : 0

  name = "/ecs/gated"
}

resource "aws_ecs_task_definition" "gated" {
  count = var.gate ? 1 : 0

  family                   = "gated"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name    = "gated"
    image   = "public.ecr.aws/docker/library/busybox:1"
    secrets = [{ name = "DATABASE", valueFrom = "${aws_secretsmanager_secret.database.arn}:url::" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.gated[0].name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "gated"
      }
    }
  }])
}

module "search" {
  source   = "./modules/service"
  for_each = toset(["blue", "green"])

  name  = "search-${each.key}"
  image = aws_ecr_repository.web.repository_url
  tags  = { team = "search" }
}

resource "aws_ssm_parameter" "nightly" {
  for_each = toset(["host", "user"])

  name  = "/nightly/${each.key}"
  type  = "SecureString"
  value = "changeme"
}

# Reads a list, and its image is of an account that nothing shows.
resource "aws_ecs_task_definition" "nightly" {
  family                   = "nightly"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name    = "nightly"
    image   = "444455556666.dkr.ecr.ap-northeast-1.amazonaws.com/nightly:1"
    secrets = [for name, parameter in aws_ssm_parameter.nightly : { name = upper(name), valueFrom = parameter.arn }]
  }])
}
