# Each role has a statement that would grant what its task needs, except for one literal.
resource "aws_s3_bucket" "config" {
  bucket = "acme-config"
}

# The name is one letter longer than the other one, and it is no mistake.
resource "aws_s3_bucket" "configs" {
  bucket = "acme-configs"
}

resource "aws_s3_object" "jobs" {
  bucket  = aws_s3_bucket.config.bucket
  key     = "jobs/prod.env"
  content = "LEVEL=info"
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

resource "aws_iam_role" "letter" {
  name               = "letter-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "letter" {
  name = "files"
  role = aws_iam_role.letter.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::acme-confg/letter/*"] },
      { Effect = "Allow", Action = ["s3:GetBucketLocation"], Resource = ["arn:aws:s3:::acme-confg"] },
    ]
  })
}

resource "aws_iam_role" "separator" {
  name               = "separator-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "separator" {
  statement {
    sid       = "Files"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::acme_config/separator/*"]
  }

  statement {
    sid       = "Bucket"
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.arn]
  }
}

resource "aws_iam_role_policy" "separator" {
  name   = "files"
  role   = aws_iam_role.separator.id
  policy = data.aws_iam_policy_document.separator.json
}

resource "aws_iam_role" "case" {
  name               = "case-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "case" {
  name   = "files"
  role   = aws_iam_role.case.id
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${aws_s3_bucket.config.arn}/Case/*"},
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "${aws_s3_bucket.config.arn}"}
      ]
    }
  EOT
}

resource "aws_iam_role" "bucket" {
  name               = "bucket-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "bucket" {
  name = "files"
  role = aws_iam_role.bucket.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = aws_s3_bucket.config.arn },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
    ]
  })
}

resource "aws_iam_role" "action" {
  name               = "action-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "action" {
  name = "files"
  role = aws_iam_role.action.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObjects", "s3:GetBucketLocation"]
        Resource = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/action/*"]
      },
    ]
  })
}

resource "aws_iam_role" "jobs" {
  name               = "jobs-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "jobs" {
  name = "files"
  role = aws_iam_role.jobs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/workers/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
    ]
  })
}

resource "aws_iam_role" "other" {
  name               = "other-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "other" {
  name = "files"
  role = aws_iam_role.other.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-configs/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
    ]
  })
}

locals {
  roles = {
    letter    = aws_iam_role.letter.arn
    separator = aws_iam_role.separator.arn
    case      = aws_iam_role.case.arn
    bucket    = aws_iam_role.bucket.arn
    action    = aws_iam_role.action.arn
    jobs      = aws_iam_role.jobs.arn
    other     = aws_iam_role.other.arn
  }
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.roles
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value

  container_definitions = jsonencode([
    {
      name             = each.key
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      essential        = true
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}/prod.env" }]
    },
  ])

  depends_on = [
    aws_iam_role_policy.letter,
    aws_iam_role_policy.separator,
    aws_iam_role_policy.case,
    aws_iam_role_policy.bucket,
    aws_iam_role_policy.action,
    aws_iam_role_policy.jobs,
    aws_iam_role_policy.other,
    aws_s3_object.jobs,
  ]
}

# One statement for the file and one for the bucket, each in a policy of its own, lack an action.
resource "aws_iam_role" "pair" {
  name               = "pair-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "put" {
  name = "put"
  role = aws_iam_role.pair.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.config.arn}/pair.env" }]
  })
}

data "aws_iam_policy_document" "list" {
  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.config.arn]
  }
}

resource "aws_iam_role_policy" "list" {
  name   = "list"
  role   = aws_iam_role.pair.id
  policy = data.aws_iam_policy_document.list.json
}

resource "aws_ecs_task_definition" "pair" {
  family             = "pair"
  execution_role_arn = aws_iam_role.pair.arn

  container_definitions = jsonencode([
    {
      name             = "pair"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      memory           = 128
      environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/pair.env" }]
    },
  ])
}

# The caller misspells what its module grants.
module "reader" {
  source = "./modules/reader"

  bucket   = "acme-conifg"
  env_file = "${aws_s3_bucket.config.arn}/reader.env"
}
