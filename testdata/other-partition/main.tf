# Tasks in China. The ECS agent drops the partition of an environment file's ARN and asks S3 in its own; which of the two
# IAM compares is not documented. So web's file is decided; foreign's is only where both partitions are granted, or none.
provider "aws" {
  region = "cn-north-1"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  files = {
    web     = "${aws_s3_bucket.config.arn}/prod.env"
    foreign = "arn:aws:s3:::acme-beijing-config/prod.env"
    either  = "arn:aws:s3:::acme-beijing-config/shared/prod.env"
    neither = "arn:aws:s3:::acme-beijing-config/closed/prod.env"
  }
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-beijing-config"
}

resource "aws_iam_role" "execution" {
  name = "beijing-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:${data.aws_partition.current.partition}:s3:::acme-beijing-config/prod.env" },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:*:s3:::acme-beijing-config/shared/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
      { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws-cn:ecr:cn-north-1:${data.aws_caller_identity.current.account_id}:repository/shop"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.files
  family                   = "beijing-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "${data.aws_caller_identity.current.account_id}.dkr.ecr.cn-north-1.amazonaws.com.cn/shop:1"
    environmentFiles = [{ type = "s3", value = each.value }]
  }])
}

# The registry's host is that of another partition: there is none of this name.
resource "aws_ecs_task_definition" "elsewhere" {
  family                   = "beijing-elsewhere"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([{ name = "app", image = "${data.aws_caller_identity.current.account_id}.dkr.ecr.cn-north-1.amazonaws.com/shop:1" }])
}
