# What services do not wait for: a running one whose task gets a secret in its next revision, and new ones.
locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
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

resource "aws_ssm_parameter" "mode" {
  name  = "/shop/mode"
  type  = "String"
  value = "live"
}

# It runs already. The new revision reads a parameter, which the changed policy allows: the service does not wait for it.
resource "aws_iam_role" "running" {
  for_each           = toset(["hasty", "patient"])
  name               = "running-${each.key}"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "running" {
  for_each = aws_iam_role.running
  name     = "read"
  role     = each.value.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = aws_ssm_parameter.mode.arn },
      { Effect = "Allow", Action = "ssm:DescribeParameters", Resource = "*" },
    ]
  })
}

resource "aws_ecs_task_definition" "running" {
  for_each                 = aws_iam_role.running
  family                   = "running-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([{
    name    = "app"
    image   = "public.ecr.aws/docker/library/busybox:2"
    secrets = [{ name = "MODE", valueFrom = aws_ssm_parameter.mode.arn }]
  }])
}

resource "aws_ecs_service" "hasty" {
  name            = "hasty"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.running["hasty"].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }
}

resource "aws_ecs_service" "patient" {
  name            = "patient"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.running["patient"].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [aws_iam_role_policy.running]
}

# New services that name files, log groups and secrets without a reference, so that Terraform may create those later.
resource "aws_s3_bucket" "config" {
  bucket = "shop-late-123456789012"
}

resource "aws_s3_object" "web" {
  bucket  = aws_s3_bucket.config.id
  key     = "web.env"
  content = "A=1"
}

resource "aws_cloudwatch_log_group" "web" {
  name = "/shop/web"
}

resource "aws_sqs_queue" "work" {
  name = "work"
}

resource "aws_secretsmanager_secret" "slow" {
  name = "shop/slow"
}

# Its value holds the address of a queue, so that it is there only after the queue.
resource "aws_secretsmanager_secret_version" "slow" {
  secret_id     = aws_secretsmanager_secret.slow.id
  secret_string = aws_sqs_queue.work.url
}

resource "aws_secretsmanager_secret" "quick" {
  name = "shop/quick"
}

# This one follows its secret in a moment.
resource "aws_secretsmanager_secret_version" "quick" {
  secret_id     = aws_secretsmanager_secret.quick.id
  secret_string = "change-me"
}

resource "aws_iam_role" "new" {
  name               = "new"
  assume_role_policy = local.trust

  inline_policy {
    name = "read"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = ["s3:*", "secretsmanager:GetSecretValue", "logs:*"]
        Resource = "*"
      }]
    })
  }
}

# The file is named by its bucket and key: its object may be put there later.
module "file" {
  source    = "./service"
  name      = "file"
  cluster   = aws_ecs_cluster.main.id
  subnet    = aws_subnet.main.id
  role_arn  = aws_iam_role.new.arn
  container = { environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web.env" }] }
}

# The object is referred to: it is there.
module "object" {
  source    = "./service"
  name      = "object"
  cluster   = aws_ecs_cluster.main.id
  subnet    = aws_subnet.main.id
  role_arn  = aws_iam_role.new.arn
  container = { environmentFiles = [{ type = "s3", value = aws_s3_object.web.arn }] }
}

# The log group is named by a plain string.
module "writes" {
  source   = "./service"
  name     = "writes"
  cluster  = aws_ecs_cluster.main.id
  subnet   = aws_subnet.main.id
  role_arn = aws_iam_role.new.arn
  container = {
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = "/shop/web", awslogs-region = "ap-northeast-1", awslogs-stream-prefix = "a" }
    }
  }
}

# The log group is referred to.
module "logs" {
  source   = "./service"
  name     = "logs"
  cluster  = aws_ecs_cluster.main.id
  subnet   = aws_subnet.main.id
  role_arn = aws_iam_role.new.arn
  container = {
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.web.name
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = "b"
      }
    }
  }
}

# The value of this secret waits for a queue.
module "slow" {
  source    = "./service"
  name      = "slow"
  cluster   = aws_ecs_cluster.main.id
  subnet    = aws_subnet.main.id
  role_arn  = aws_iam_role.new.arn
  container = { secrets = [{ name = "A", valueFrom = aws_secretsmanager_secret.slow.arn }] }
}

# The value of this secret is there as soon as the secret is.
module "quick" {
  source    = "./service"
  name      = "quick"
  cluster   = aws_ecs_cluster.main.id
  subnet    = aws_subnet.main.id
  role_arn  = aws_iam_role.new.arn
  container = { secrets = [{ name = "A", valueFrom = aws_secretsmanager_secret.quick.arn }] }
}
