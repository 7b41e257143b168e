# References that ECS cannot read, each in a task of its own. The role may read what each of them means, and no grant on
# what is written would help. Beside them stand references that are right, and one that AWS asks not to write.
data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  here = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  files = {
    no-slash   = "${aws_s3_bucket.config.arn}prod.env"
    no-key     = aws_s3_bucket.config.arn
    regional   = "arn:aws:s3:${local.here}:acme-misread/prod.env"
    point      = "arn:aws:s3:${local.here}:accesspoint/config/object/prod.env"
    no-bucket  = "arn:aws:s3:::/prod.env"
    of-a-table = "arn:aws:dynamodb:${local.here}:table/prod.env"
  }
  secrets = {
    two-fields   = "${aws_secretsmanager_secret.database.arn}:password"
    short-id     = "${aws_secretsmanager_secret.database.arn}:password::0123"
    wildcard     = "arn:aws:secretsmanager:${local.here}:secret:misread-*"
    slash        = "arn:aws:secretsmanager:${local.here}:secret/misread-AbCdEf"
    no-region    = "arn:aws:secretsmanager::${data.aws_caller_identity.current.account_id}:secret:misread-AbCdEf"
    far          = "arn:aws-cn:secretsmanager:${local.here}:secret:misread-AbCdEf"
    by-name      = aws_secretsmanager_secret.database.name
    empty        = ""
    key-of-value = "${aws_ssm_parameter.mode.arn}:password::"
    two-slashes  = "arn:aws:ssm:${local.here}:parameter/${aws_ssm_parameter.mode.name}"
  }
  specifications = {
    spec-secret = "credentialspec:${aws_secretsmanager_secret.database.arn}"
    spec-bucket = "credentialspecdomainless:${aws_s3_bucket.config.arn}"
    spec-name   = "credentialspec:${aws_ssm_parameter.mode.name}"
  }

  containers = merge(
    { for name, arn in local.files : name => { environmentFiles = [{ type = "s3", value = arn }] } },
    { for name, arn in local.secrets : name => { secrets = [{ name = "VALUE", valueFrom = arn }] } },
    { for name, arn in local.specifications : name => { credentialSpecs = [arn] } },
    { registry = { repositoryCredentials = { credentialsParameter = "${aws_secretsmanager_secret.database.arn}:username::" } } },
    {
      no-group     = { logConfiguration = { logDriver = "awslogs", options = { awslogs-region = data.aws_region.current.name } } }
      group-by-arn = { logConfiguration = { logDriver = "awslogs", options = { awslogs-region = data.aws_region.current.name, awslogs-group = aws_cloudwatch_log_group.misread.arn } } }
    },
    {
      right = {
        environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/prod.env" }]
        secrets = [
          { name = "BOTH", valueFrom = "${aws_secretsmanager_secret.database.arn}:password:AWSCURRENT:01234567-89ab-cdef-0123-456789abcdef" },
          { name = "MODE", valueFrom = "arn:aws:ssm:${local.here}:parameter${aws_ssm_parameter.mode.name}" },
          { name = "PASSWORD", valueFrom = "${aws_secretsmanager_secret.database.arn}:password::" },
        ]
        credentialSpecs = ["credentialspec:file://host.json"]
      }
    },
  )
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-misread"
}

resource "aws_secretsmanager_secret" "database" {
  name = "misread"
}

resource "aws_ssm_parameter" "mode" {
  name  = "/misread/mode"
  type  = "String"
  value = "live"
}

resource "aws_cloudwatch_log_group" "misread" {
  name = "/ecs/misread"
}

resource "aws_iam_role" "execution" {
  name = "misread-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "fetch" {
  name = "fetch"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"] },
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.database.arn },
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = aws_ssm_parameter.mode.arn },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.misread.arn}:*" },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.containers
  family                   = "misread-${each.key}"
  requires_compatibilities = ["EC2"]
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([merge({ name = "app", image = "public.ecr.aws/nginx/nginx:1.27", memory = 128 }, each.value)])
}
