variable "name" {
  type = string
}

variable "container" {
  type    = any
  default = {}
}

variable "secrets" {
  type    = list(string)
  default = []
}

variable "parameters" {
  type    = list(string)
  default = []
}

variable "files" {
  description = "ARNs of the environment files that the service may read."
  type        = list(string)
  default     = []
}

variable "bucket_arn" {
  type = string
}

variable "cluster" {
  type = string
}

variable "subnet" {
  type = string
}

variable "operating_system" {
  type    = string
  default = "LINUX"
}

variable "platform_version" {
  type    = string
  default = null
}

variable "task_role_arn" {
  type    = string
  default = null
}

variable "execute_command" {
  type    = bool
  default = false
}

variable "volumes" {
  description = "Ids of the file systems that are mounted with IAM authorization."
  type        = map(string)
  default     = {}
}

variable "make_log_group" {
  type    = bool
  default = true
}

data "aws_region" "current" {}

locals {
  statements = concat(
    [for files in [var.files] : { Effect = "Allow", Action = "s3:GetObject", Resource = files } if length(files) > 0],
    [for files in [var.files] : { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = var.bucket_arn } if length(files) > 0],
    [for arns in [var.secrets] : { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = arns } if length(arns) > 0],
    [for arns in [var.parameters] : { Effect = "Allow", Action = "ssm:GetParameters", Resource = arns } if length(arns) > 0],
  )
  defaults = {
    name      = var.name
    image     = "public.ecr.aws/nginx/nginx:1.27"
    essential = true
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = "/ecs/${var.name}"
        "awslogs-region"        = data.aws_region.current.name
        "awslogs-stream-prefix" = "app"
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  count = var.make_log_group ? 1 : 0
  name  = "/ecs/${var.name}"
}

resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "base" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "own" {
  count  = length(local.statements) == 0 ? 0 : 1
  name   = "own"
  role   = aws_iam_role.execution.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = var.task_role_arn
  container_definitions    = jsonencode([merge(local.defaults, var.container)])

  dynamic "volume" {
    for_each = var.volumes
    content {
      name = volume.key
      efs_volume_configuration {
        file_system_id     = volume.value
        transit_encryption = "ENABLED"
        authorization_config {
          iam = "ENABLED"
        }
      }
    }
  }

  runtime_platform {
    operating_system_family = var.operating_system
  }
}

resource "aws_ecs_service" "this" {
  name                   = var.name
  cluster                = var.cluster
  task_definition        = aws_ecs_task_definition.this.arn
  desired_count          = 2
  launch_type            = "FARGATE"
  platform_version       = var.platform_version
  enable_execute_command = var.execute_command

  network_configuration {
    subnets = [var.subnet]
  }

  # Whoever looks into a running service switches it on and off.
  lifecycle {
    ignore_changes = [enable_execute_command]
  }

  depends_on = [aws_iam_role_policy.own, aws_iam_role_policy_attachment.base, aws_cloudwatch_log_group.this]
}

output "role_id" {
  value = aws_iam_role.execution.id
}
