# The settings of the containers are in a parameter that is read during the apply, so that whole lists are known
# only then: they may contain anything, or nothing.
resource "aws_s3_bucket" "settings" {
  bucket = "acme-settings-known-later"
}

resource "aws_ssm_parameter" "settings" {
  name = "/settings/web"
  type = "String"
  value = jsonencode({
    image            = "registry.example.com/web:1"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-settings-known-later/web.env" }]
    secrets          = [{ name = "MODE", valueFrom = "/web/mode" }]
    credentialSpecs  = ["credentialspec:arn:aws:s3:::acme-settings-known-later/gmsa.json"]
    registry         = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:robot-AbCdEf"
    router = {
      type    = "fluentbit"
      options = { config-file-type = "s3", config-file-value = "arn:aws:s3:::acme-settings-known-later/router.conf" }
    }
    shares = [{
      name = "shares", credentials = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:domain-AbCdEf"
    }]
    key = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  })
}

# It waits for the parameter, so it is read during the apply.
data "aws_ssm_parameter" "settings" {
  name       = aws_ssm_parameter.settings.name
  depends_on = [aws_ssm_parameter.settings]
}

locals {
  later = jsondecode(data.aws_ssm_parameter.settings.insecure_value)
  roles = toset(["able", "files"])
}

resource "aws_secretsmanager_secret" "token" {
  name       = "web/token"
  kms_key_id = local.later.key
}

resource "aws_iam_role" "execution" {
  for_each = local.roles
  name     = "later-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

# It is allowed to read every object of these types.
resource "aws_iam_role_policy" "able" {
  name = "read"
  role = aws_iam_role.execution["able"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "s3:GetObject", "s3:GetBucketLocation", "ssm:GetParameters", "secretsmanager:GetSecretValue", "kms:Decrypt",
        "fsx:DescribeFileSystems", "logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup",
        "ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability",
      ]
      Resource = "*"
    }]
  })
}

# It may read the bucket and one secret, and nothing else.
resource "aws_iam_role_policy" "files" {
  name = "read"
  role = aws_iam_role.execution["files"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.settings.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.settings.arn },
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.token.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  for_each                 = local.roles
  family                   = "web-${each.key}"
  requires_compatibilities = ["EC2"]
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  dynamic "volume" {
    for_each = local.later.shares
    content {
      name = volume.value.name
      fsx_windows_file_server_volume_configuration {
        file_system_id = "fs-0123456789abcdef0"
        root_directory = "data"
        authorization_config {
          credentials_parameter = volume.value.credentials
          domain                = "corp.example.com"
        }
      }
    }
  }

  container_definitions = jsonencode([
    {
      name                  = "router"
      image                 = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"
      memory                = 64
      essential             = true
      firelensConfiguration = local.later.router
    },
    {
      name      = "token"
      image     = "public.ecr.aws/docker/library/busybox:1"
      memory    = 64
      essential = false
      secrets   = [{ name = "TOKEN", valueFrom = aws_secretsmanager_secret.token.arn }]
    },
    {
      name                  = "web"
      image                 = local.later.image
      memory                = 256
      essential             = true
      environmentFiles      = local.later.environmentFiles
      secrets               = local.later.secrets
      credentialSpecs       = local.later.credentialSpecs
      repositoryCredentials = { credentialsParameter = local.later.registry }
    },
  ])
}
