# Twelve services of one team, and one mistake of each kind. The comment above each says what is wrong.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region = "ap-northeast-1"
}

provider "aws" {
  alias  = "virginia"
  region = "us-east-1"
}

locals {
  shared = {
    cluster    = aws_ecs_cluster.main.id
    bucket_arn = aws_s3_bucket.config.arn
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_ecs_cluster" "main" {
  name = "shop"
}

resource "aws_s3_bucket" "config" {
  bucket = "shop-config-123456789012"
}

resource "aws_s3_object" "env" {
  for_each = toset(["web.env", "api.env", "cart.conf", "legacy.env", "windows.env"])
  bucket   = aws_s3_bucket.config.id
  key      = each.key
  content  = each.key == "legacy.env" ? "export A=1" : "A=1"
}

resource "aws_s3_object" "part" {
  count   = 11
  bucket  = aws_s3_bucket.config.id
  key     = "parts/${count.index}.env"
  content = "A=1"
}

resource "aws_secretsmanager_secret" "database" {
  name = "shop/database"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ password = "change-me" })
}

resource "aws_secretsmanager_secret" "mail" {
  name = "shop/mail"
}

resource "aws_ssm_parameter" "mode" {
  name  = "/shop/mode"
  type  = "String"
  value = "live"
}

resource "aws_ssm_parameter" "far" {
  provider = aws.virginia
  name     = "/shop/far"
  type     = "String"
  value    = "live"
}

resource "aws_efs_file_system" "shared" {
  creation_token = "shop-shared"
}

resource "aws_iam_role" "task" {
  for_each = toset(["web", "stock"])
  name     = "${each.key}-task"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "execute_command" {
  name = "execute-command"
  role = aws_iam_role.task["web"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ssmmessages:*", Resource = "*" }]
  })
}

# Nothing.
module "web" {
  source          = "./service"
  name            = "web"
  cluster         = local.shared.cluster
  bucket_arn      = local.shared.bucket_arn
  subnet          = aws_subnet.main.id
  files           = [aws_s3_object.env["web.env"].arn]
  secrets         = [aws_secretsmanager_secret.database.arn]
  parameters      = [aws_ssm_parameter.mode.arn]
  task_role_arn   = aws_iam_role.task["web"].arn
  execute_command = true
  volumes         = { shared = aws_efs_file_system.shared.id }
  container = {
    environmentFiles = [{ type = "s3", value = aws_s3_object.env["web.env"].arn }]
    environment = [
      { name = "DATABASE_SECRET_ARN", value = aws_secretsmanager_secret.database.arn },
      { name = "API_TOKEN", value = "" },
    ]
    secrets = [
      { name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.database.arn}:password::" },
      { name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn },
      { name = "MODE", valueFrom = aws_ssm_parameter.mode.arn },
      { name = "MODE2", valueFrom = aws_ssm_parameter.mode.name },
    ]
  }
}

# The second file has an S3 address in place of an ARN, the third another type.
module "api" {
  source     = "./service"
  name       = "api"
  cluster    = local.shared.cluster
  bucket_arn = local.shared.bucket_arn
  subnet     = aws_subnet.main.id
  files      = [aws_s3_object.env["api.env"].arn]
  container = {
    environmentFiles = [
      { type = "s3", value = "${aws_s3_bucket.config.arn}/api.env" },
      { type = "s3", value = "s3://${aws_s3_bucket.config.bucket}/api.env" },
      { type = "S3", value = "${aws_s3_bucket.config.arn}/api.env" },
    ]
  }
}

# The file does not end in .env, and a password is in the open.
module "cart" {
  source     = "./service"
  name       = "cart"
  cluster    = local.shared.cluster
  bucket_arn = local.shared.bucket_arn
  subnet     = aws_subnet.main.id
  files      = [aws_s3_object.env["cart.conf"].arn]
  container = {
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/cart.conf" }]
    environment      = [{ name = "DB_PASSWORD", value = "correct horse" }]
  }
}

# Eleven files.
module "parts" {
  source     = "./service"
  name       = "parts"
  cluster    = local.shared.cluster
  bucket_arn = local.shared.bucket_arn
  subnet     = aws_subnet.main.id
  files      = aws_s3_object.part[*].arn
  container = {
    environmentFiles = [for each in aws_s3_object.part : { type = "s3", value = each.arn }]
  }
}

# A file that nothing puts into the new bucket; a volume that no role can mount.
module "billing" {
  source     = "./service"
  name       = "billing"
  cluster    = local.shared.cluster
  bucket_arn = local.shared.bucket_arn
  subnet     = aws_subnet.main.id
  files      = ["${aws_s3_bucket.config.arn}/billing.env"]
  volumes    = { shared = aws_efs_file_system.shared.id }
  container = {
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/billing.env" }]
  }
}

# A platform version that knows no environment files; a file with lines that are read otherwise than meant.
module "legacy" {
  source           = "./service"
  name             = "legacy"
  cluster          = local.shared.cluster
  bucket_arn       = local.shared.bucket_arn
  subnet           = aws_subnet.main.id
  platform_version = "1.3.0"
  files            = [aws_s3_object.env["legacy.env"].arn]
  container = {
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/legacy.env" }]
  }
}

# Windows on Fargate, and a bucket for a credential specification.
module "windows" {
  source           = "./service"
  name             = "windows"
  cluster          = local.shared.cluster
  bucket_arn       = local.shared.bucket_arn
  subnet           = aws_subnet.main.id
  operating_system = "WINDOWS_SERVER_2022_CORE"
  files            = [aws_s3_object.env["windows.env"].arn]
  container = {
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/windows.env" }]
    credentialSpecs  = ["credentialspec:${aws_s3_bucket.config.arn}"]
  }
}

# The JSON key lacks its last two colons; on Fargate a log router cannot have its configuration in S3.
module "orders" {
  source     = "./service"
  name       = "orders"
  cluster    = local.shared.cluster
  bucket_arn = local.shared.bucket_arn
  subnet     = aws_subnet.main.id
  secrets    = [aws_secretsmanager_secret.database.arn]
  files      = ["${aws_s3_bucket.config.arn}/router.conf"]
  container = {
    firelensConfiguration = {
      type    = "fluentbit"
      options = { "config-file-type" = "s3", "config-file-value" = "${aws_s3_bucket.config.arn}/router.conf" }
    }
    secrets = [{ name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.database.arn}:password" }]
  }
}

# A secret without a value, a parameter of another region by its name, and a log driver without a group.
module "mail" {
  source     = "./service"
  name       = "mail"
  cluster    = local.shared.cluster
  bucket_arn = local.shared.bucket_arn
  subnet     = aws_subnet.main.id
  secrets    = [aws_secretsmanager_secret.mail.arn]
  parameters = ["arn:aws:ssm:*:*:parameter/shop/*"]
  container = {
    secrets = [
      { name = "PASSWORD", valueFrom = aws_secretsmanager_secret.mail.arn },
      { name = "FAR", valueFrom = aws_ssm_parameter.far.name },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-region" = "ap-northeast-1", "awslogs-stream-prefix" = "app" }
    }
  }
}

# A log driver without a region; an image at a host that does not exist.
module "search" {
  source     = "./service"
  name       = "search"
  cluster    = local.shared.cluster
  bucket_arn = local.shared.bucket_arn
  subnet     = aws_subnet.main.id
  container = {
    image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com.cn/search:1"
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = "/ecs/search", "awslogs-stream-prefix" = "app" }
    }
  }
}

# A log group that nothing creates; two policies of one name; a task role that is not allowed to open channels for commands.
module "stock" {
  source          = "./service"
  name            = "stock"
  cluster         = local.shared.cluster
  bucket_arn      = local.shared.bucket_arn
  subnet          = aws_subnet.main.id
  make_log_group  = false
  task_role_arn   = aws_iam_role.task["stock"].arn
  execute_command = true
}

resource "aws_iam_role_policy" "stock_read" {
  name = "stock"
  role = module.stock.role_id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:ReceiveMessage", Resource = "*" }]
  })
}

resource "aws_iam_role_policy" "stock_write" {
  name = "stock"
  role = module.stock.role_id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }]
  })
}

# A service that does not wait for what its role is granted; that waits for a queue besides.
resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "aws_iam_role" "jobs" {
  name = "jobs-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "jobs" {
  name = "jobs"
  role = aws_iam_role.jobs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = aws_ssm_parameter.mode.arn },
      { Effect = "Allow", Action = "sqs:ReceiveMessage", Resource = aws_sqs_queue.jobs.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "jobs" {
  family                   = "jobs"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.jobs.arn
  container_definitions = jsonencode([{
    name    = "jobs"
    image   = "public.ecr.aws/docker/library/busybox:1"
    secrets = [{ name = "MODE", valueFrom = aws_ssm_parameter.mode.arn }]
  }])
}

resource "aws_ecs_service" "jobs" {
  name            = "jobs"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.jobs.arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }
}
