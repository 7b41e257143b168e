# Log routers whose init image fetches files, with the task role.
data "aws_caller_identity" "me" {}

resource "aws_s3_bucket" "logging" {
  bucket_prefix = "acme-logging-"
}

resource "aws_kms_key" "logging" {
  description = "configuration of log routers"
}

resource "aws_s3_object" "parsers" {
  for_each   = toset(["parsers.conf", "filters.conf", "sealed.conf"])
  bucket     = aws_s3_bucket.logging.id
  key        = "fluent-bit/${each.key}"
  content    = "[FILTER]"
  kms_key_id = each.key == "sealed.conf" ? aws_kms_key.logging.arn : null
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  router = {
    name                  = "log_router"
    memory                = 64
    essential             = true
    firelensConfiguration = { type = "fluentbit" }
  }
  init = "public.ecr.aws/aws-observability/aws-for-fluent-bit:init-2.32.2"
  files = [for number, key in ["parsers.conf", "filters.conf", "sealed.conf"] : {
    name  = "aws_fluent_bit_init_s3_${number + 1}"
    value = aws_s3_object.parsers[key].arn
  }]
}

resource "aws_iam_role" "execution" {
  name_prefix        = "execution-"
  assume_role_policy = local.trust
}

# Its task role may all of it.
resource "aws_iam_role" "web" {
  name_prefix        = "web-"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "web" {
  role = aws_iam_role.web.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.logging.arn}/fluent-bit/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.logging.arn },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.logging.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.web.arn
  container_definitions    = jsonencode([merge(local.router, { image = local.init, environment = local.files })])
}

# Here the execution role has the permissions that the task role needs.
resource "aws_iam_role" "jobs" {
  for_each           = toset(["execution", "task"])
  name_prefix        = "jobs-${each.key}-"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "jobs" {
  role = aws_iam_role.jobs["execution"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" }]
  })
}

resource "aws_ecs_task_definition" "jobs" {
  family             = "jobs"
  execution_role_arn = aws_iam_role.jobs["execution"].arn
  task_role_arn      = aws_iam_role.jobs["task"].arn
  container_definitions = jsonencode([merge(local.router, {
    image       = local.init
    environment = concat([{ name = "aws_fluent_bit_init_file_1", value = "/ecs/s3.conf" }], slice(local.files, 0, 1))
  })])
}

# A private image may or may not be built from the init image; the stable one fetches nothing.
resource "aws_ecs_task_definition" "own" {
  for_each           = { built = "registry.example.com/acme/router:7", stable = "amazon/aws-for-fluent-bit:stable" }
  family             = each.key
  execution_role_arn = aws_iam_role.execution.arn
  task_role_arn      = aws_iam_role.jobs["task"].arn
  container_definitions = jsonencode([merge(local.router, {
    image       = each.value
    environment = slice(local.files, 1, 2)
  })])
}
