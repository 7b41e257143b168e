terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = "ap-northeast-1"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

locals {
  # The service of each cluster, and the name of the cluster that its key policy lets use the key.
  clusters = {
    web  = "shop-web"
    jobs = "shop-web"
    mail = "shop-*"
    till = null
    desk = "shop-desk"
  }
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  vpc_id     = aws_vpc.this.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_kms_key" "storage" {
  for_each = local.clusters

  is_enabled = each.key != "desk"

  policy = each.value == null ? null : jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "fargate.amazonaws.com" }
        Action    = "kms:GenerateDataKeyWithoutPlaintext"
        Resource  = "*"
        Condition = {
          StringEquals = { "kms:EncryptionContext:aws:ecs:clusterAccount" = data.aws_caller_identity.current.account_id }
          StringLike   = { "kms:EncryptionContext:aws:ecs:clusterName" = each.value }
        }
      },
      {
        Effect    = "Allow"
        Principal = { Service = "fargate.amazonaws.com" }
        Action    = "kms:CreateGrant"
        Resource  = "*"
        Condition = { "ForAllValues:StringEquals" = { "kms:GrantOperations" = "Decrypt" } }
      },
    ]
  })
}

resource "aws_ecs_cluster" "shop" {
  for_each = local.clusters

  name = "shop-${each.key}"

  configuration {
    managed_storage_configuration {
      fargate_ephemeral_storage_kms_key_id = aws_kms_key.storage[each.key].arn
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "shop-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.clusters

  family                   = each.key
  execution_role_arn       = aws_iam_role.execution.arn
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512

  container_definitions = jsonencode([{
    name  = "app"
    image = "public.ecr.aws/docker/library/busybox:latest"
  }])
}

resource "aws_ecs_service" "app" {
  for_each = local.clusters

  name            = each.key
  cluster         = aws_ecs_cluster.shop[each.key].id
  task_definition = aws_ecs_task_definition.app[each.key].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.this.id]
  }
}
