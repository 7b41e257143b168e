provider "aws" {
  region = "ap-northeast-1"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_ecr_repository" "hub" {
  name = "hub"
}

resource "aws_s3_bucket" "web" {
  bucket = "attachments-at-their-quota"
}

resource "aws_s3_object" "web" {
  bucket  = aws_s3_bucket.web.id
  key     = "${local.service}/web.env"
  content = "A=1\n"
}

locals {
  queues  = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
  service = "shop"
}

# Ten managed policies: IAM attaches no more by default.

resource "aws_iam_role" "hub" {
  name               = "hub"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "hub" {
  for_each = toset(local.queues)

  name = "hub-${each.value}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = "arn:aws:sqs:ap-northeast-1:123456789012:${each.value}"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "hub" {
  for_each = aws_iam_policy.hub

  role       = aws_iam_role.hub.name
  policy_arn = each.value.arn
}

# It has nine and gets one more.

resource "aws_iam_role" "desk" {
  name               = "desk"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "desk" {
  for_each = toset(slice(local.queues, 0, 9))

  role       = aws_iam_role.desk.name
  policy_arn = aws_iam_policy.hub[each.key].arn
}

resource "aws_iam_policy" "pull" {
  name = "hub-pull"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" },
      { Effect = "Allow", Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = aws_ecr_repository.hub.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "hub" {
  for_each = { hub = aws_iam_role.hub.arn, desk = aws_iam_role.desk.arn }

  family             = each.key
  execution_role_arn = each.value

  container_definitions = jsonencode([{
    name   = each.key
    image  = "${aws_ecr_repository.hub.repository_url}:1"
    memory = 64
  }])
}

# A module has the policy of a role that is not its own.

resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

module "web_policy" {
  source = "./policy"
  role   = aws_iam_role.web.name
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.web.arn

  container_definitions = jsonencode([{
    name   = "web"
    image  = "public.ecr.aws/docker/library/busybox:1"
    memory = 64

    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.web.arn}/${aws_s3_object.web.key}" }]
  }])
}

# A condition lets only Secrets Manager use the key.

resource "aws_kms_key" "book" {
  description = "book"
}

resource "aws_ssm_parameter" "book" {
  name   = "/book/token"
  type   = "SecureString"
  key_id = aws_kms_key.book.arn
  value  = "t"
}

resource "aws_iam_role" "book" {
  name               = "book"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "book" {
  name = "book"
  role = aws_iam_role.book.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ssm:GetParameters", Resource = aws_ssm_parameter.book.arn },
      {
        Sid       = "Decrypt"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = aws_kms_key.book.arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.ap-northeast-1.amazonaws.com" } }
      },
    ]
  })
}

resource "aws_ecs_task_definition" "book" {
  family             = "book"
  execution_role_arn = aws_iam_role.book.arn

  container_definitions = jsonencode([{
    name    = "book"
    image   = "public.ecr.aws/docker/library/busybox:1"
    memory  = 64
    secrets = [{ name = "TOKEN", valueFrom = aws_ssm_parameter.book.arn }]
  }])
}
