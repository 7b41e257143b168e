# What tasks on EC2 fetch besides images and secrets: a log router's configuration, credentials of a private registry,
# credential specifications, the credentials of a file system. One role may all of it, the other nothing but read logs.
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  roles = toset(["able", "bare"])
}

resource "aws_s3_bucket" "settings" {
  bucket = "acme-router-settings"
}

resource "aws_secretsmanager_secret" "registry" {
  name = "registry/robot"
}

resource "aws_secretsmanager_secret" "domain" {
  name = "windows/domain"
}

resource "aws_secretsmanager_secret" "splunk" {
  name = "splunk/token"
}

resource "aws_ssm_parameter" "account_spec" {
  name  = "/gmsa/web"
  type  = "String"
  value = "{}"
}

resource "aws_iam_role" "execution" {
  for_each = local.roles
  name     = "rarer-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "able" {
  name = "fetch"
  role = aws_iam_role.execution["able"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.settings.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.settings.arn },
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [aws_secretsmanager_secret.registry.arn, aws_secretsmanager_secret.domain.arn, aws_secretsmanager_secret.splunk.arn]
      },
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = [aws_ssm_parameter.account_spec.arn, "arn:aws:ssm:*:*:parameter/aws/reference/secretsmanager/*"] },
      { Effect = "Allow", Action = "fsx:DescribeFileSystems", Resource = "*" },
      { Effect = "Allow", Action = "logs:*", Resource = "*" },
    ]
  })
}

resource "aws_iam_role_policy" "bare" {
  name = "logs"
  role = aws_iam_role.execution["bare"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" },
      { Effect = "Allow", Action = "fsx:DescribeFileSystems", Resource = "arn:aws:fsx:*:*:file-system/*" },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.roles
  family                   = "rarer-${each.key}"
  requires_compatibilities = ["EC2"]
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  volume {
    name = "scratch"
  }

  volume {
    name = "shares"
    fsx_windows_file_server_volume_configuration {
      file_system_id = "fs-0123456789abcdef0"
      root_directory = "data"
      authorization_config {
        credentials_parameter = aws_secretsmanager_secret.domain.arn
        domain                = "corp.example.com"
      }
    }
  }

  container_definitions = jsonencode([
    {
      name                  = "app"
      image                 = "registry.example.com/app:1"
      memory                = 256
      essential             = true
      repositoryCredentials = { credentialsParameter = aws_secretsmanager_secret.registry.arn }
      credentialSpecs = [
        "credentialspec:${aws_s3_bucket.settings.arn}/gmsa.json",
        "credentialspecdomainless:${aws_ssm_parameter.account_spec.arn}",
      ]
      logConfiguration = {
        logDriver     = "splunk"
        options       = { splunk-url = "https://splunk.example.com" }
        secretOptions = [{ name = "splunk-token", valueFrom = "/aws/reference/secretsmanager/splunk/token" }]
      }
    },
    {
      name      = "router"
      image     = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"
      memory    = 64
      essential = true
      firelensConfiguration = {
        type    = "fluentbit"
        options = { config-file-type = "s3", config-file-value = "${aws_s3_bucket.settings.arn}/router/fluent-bit.conf" }
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = "/ecs/router"
          awslogs-region        = data.aws_region.current.name
          awslogs-stream-prefix = "router"
          awslogs-create-group  = "true"
        }
      }
    },
  ])
}

# No execution role, on EC2: the instance's own role pulls the image and writes the logs, and the plan does not show which that is.
resource "aws_ecs_task_definition" "left_to_the_instance" {
  family                   = "left-to-the-instance"
  requires_compatibilities = ["EC2"]

  container_definitions = jsonencode([
    {
      name      = "batch"
      image     = "${data.aws_caller_identity.current.account_id}.dkr.ecr.${data.aws_region.current.name}.amazonaws.com/batch:1"
      memory    = 64
      essential = true
      logConfiguration = {
        logDriver = "awslogs"
        options   = { awslogs-group = "/ecs/batch", awslogs-region = data.aws_region.current.name }
      }
    },
  ])
}
