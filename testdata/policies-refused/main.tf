# Policies that Terraform plans and AWS refuses: names in place of ARNs, and mistakes in the grammar.
variable "bucket" {
  default = "acme-refused-files"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_s3_bucket" "config" {
  bucket = var.bucket
}

resource "aws_secretsmanager_secret" "db" {
  name = "refused/db"
}

resource "aws_iam_role" "execution" {
  for_each           = toset(["web", "jobs", "mail", "till", "desk"])
  name               = "refused-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

# A bucket and a secret are named by what is not their ARN.
resource "aws_iam_role_policy" "web" {
  name   = "web"
  role   = aws_iam_role.execution["web"].id
  policy = data.aws_iam_policy_document.web.json
}

data "aws_iam_policy_document" "web" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.db.name]
  }

  statement {
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.id]
  }

  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.config.bucket}/*"]
  }
}

# An action has no service, the Version and an Effect do not exist.
resource "aws_iam_role_policy" "jobs" {
  name = "jobs"
  role = aws_iam_role.execution["jobs"].id
  policy = jsonencode({
    Version = "2012-10-7"
    Statement = [
      {
        Effect   = "allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.db.arn]
      },
      {
        Effect   = "Allow"
        Action   = ["GetObject", "s3:GetBucketLocation"]
        Resource = ["${aws_s3_bucket.config.arn}/*", aws_s3_bucket.config.arn]
      },
    ]
  })
}

# An element does not exist.
resource "aws_iam_role_policy" "mail" {
  name   = "mail"
  role   = aws_iam_role.execution["mail"].id
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": ["secretsmanager:GetSecretValue"],
          "Resources": ["${aws_secretsmanager_secret.db.arn}"]
        },
        {
          "Effect": "Allow",
          "Action": ["s3:GetObject", "s3:GetBucketLocation"],
          "Resource": ["${aws_s3_bucket.config.arn}", "${aws_s3_bucket.config.arn}/*"]
        }
      ]
    }
  EOT
}

# The bucket is named by an input, and the objects in it are not named. Another bucket is not in the plan.
resource "aws_iam_role_policy" "till" {
  name = "till"
  role = aws_iam_role.execution["till"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = var.bucket
      },
      {
        Effect   = "Allow"
        Action   = "s3:GetBucketLocation"
        Resource = var.bucket
      },
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "acme-elsewhere/shared/*"
      },
      {
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.db.arn
      },
    ]
  })
}

# A statement without an Effect neither allows nor denies.
resource "aws_iam_role_policy" "desk" {
  name = "desk"
  role = aws_iam_role.execution["desk"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Action   = "secretsmanager:GetSecretValue"
      Resource = aws_secretsmanager_secret.db.arn
    }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each           = aws_iam_role.execution
  family             = "refused-${each.key}"
  execution_role_arn = each.value.arn
  container_definitions = jsonencode([
    {
      name             = "app"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      essential        = true
      memory           = 128
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }]
      secrets          = [{ name = "DB", valueFrom = aws_secretsmanager_secret.db.arn }]
    },
  ])
}
