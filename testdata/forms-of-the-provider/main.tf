provider "aws" {
  region = "ap-northeast-1"
}

variable "zone" {
  type    = string
  default = "Example.com."
}

locals {
  protocol = "all"
  number   = 6
  pattern  = " ERROR "
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_route53_zone" "main" {
  name = var.zone
}

resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = local.protocol
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "TCP"
    cidr_blocks = ["10.0.0.0/8", "192.168.0.0/16"]
  }

  ingress {
    from_port   = 81
    to_port     = 81
    protocol    = local.number
    cidr_blocks = ["10.0.0.0/8"]
  }
}

resource "aws_security_group" "apart" {
  name   = "apart"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group_rule" "everything" {
  security_group_id = aws_security_group.apart.id
  type              = "egress"
  from_port         = 0
  to_port           = 0
  protocol          = local.protocol
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_security_group_rule" "https" {
  security_group_id = aws_security_group.apart.id
  type              = "ingress"
  from_port         = 443
  to_port           = 443
  protocol          = local.number
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_acm_certificate" "main" {
  domain_name               = "Example.com"
  subject_alternative_names = ["*.Example.com"]
  validation_method         = "DNS"
}

resource "aws_cloudwatch_metric_alarm" "busy" {
  alarm_name          = "busy"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = "2"
  metric_name         = "CPUUtilization"
  namespace           = "AWS/ECS"
  period              = "60"
  statistic           = "Average"
  threshold           = "8e1"
}

resource "aws_cloudwatch_log_group" "jobs" {
  name = "/ecs/jobs"
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  pattern        = local.pattern
  log_group_name = aws_cloudwatch_log_group.jobs.name

  metric_transformation {
    name      = "errors"
    namespace = "Acme"
    value     = "1"
  }
}

resource "aws_iam_role" "execution" {
  name = "execution"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy" "execution" {
  name = "start-up"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/web.env" },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([
    {
      name             = "web"
      image            = "public.ecr.aws/nginx/nginx:1.27"
      memory           = 128
      environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/web.env" }]
      portMappings     = [{ containerPort = 80, hostPort = 0 }]
      environment      = [{ name = "ZONE", value = var.zone }, { name = "FIRST", value = "1.0" }]
    },
  ])
}

resource "aws_ecs_task_definition" "jobs" {
  family             = "jobs"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([
    {
      name             = "jobs"
      image            = "public.ecr.aws/docker/library/busybox:1.36"
      cpu              = 0
      memory           = 64
      links            = null
      environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/web.env" }]
    },
  ])
}
