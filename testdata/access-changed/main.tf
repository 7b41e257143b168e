locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "web" {
  name               = "web-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "jobs" {
  name               = "jobs-execution"
  assume_role_policy = local.trust
}

# A boundary is new: what it does not allow, the role has no more.
resource "aws_iam_role" "mail" {
  name                 = "mail-execution"
  assume_role_policy   = local.trust
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}

# The role of search is another one.
resource "aws_iam_role" "search" {
  name               = "search-execution"
  assume_role_policy = local.trust
}

# What was one statement is two of the policy, one of them in another place: that is no change.
resource "aws_iam_role_policy" "web" {
  name = "files"
  role = aws_iam_role.web.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectVersion"], Resource = "arn:aws:s3:::acme-config/*" },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = "*" },
      { Effect = "Allow", Action = "kms:DescribeKey", Resource = "*" },
      { Sid = "NotThose", Effect = "Deny", Action = "s3:*", Resource = "arn:aws:s3:::acme-config/web/*" },
    ]
  })
}

resource "aws_iam_role_policy" "web_bucket" {
  name = "bucket"
  role = aws_iam_role.web.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-config" }]
  })
}

resource "aws_iam_role_policy" "jobs" {
  name = "files"
  role = aws_iam_role.jobs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = ["arn:aws:s3:::acme-config/jobs/*", "arn:aws:s3:::acme-config/common/*"] },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-config" },
      {
        Effect    = "Allow"
        Action    = "sqs:ReceiveMessage"
        Resource  = "*"
        Condition = { StringEquals = { "aws:ResourceAccount" = "123456789012" } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "mail" {
  name = "files"
  role = aws_iam_role.mail.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-config" },
      { Effect = "Allow", Action = "ses:SendEmail", Resource = "*" },
    ]
  })
}

resource "aws_iam_role_policy" "search" {
  name   = "nothing-yet"
  role   = aws_iam_role.search.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*" }] })
}

resource "aws_ecs_task_definition" "service" {
  for_each = {
    web    = { role = aws_iam_role.web.arn, file = "web/prod.env" }
    jobs   = { role = aws_iam_role.jobs.arn, file = "common/jobs.env" }
    mail   = { role = aws_iam_role.mail.arn, file = "mail/prod.env" }
    search = { role = aws_iam_role.search.arn, file = "search/prod.env" }
  }
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.role

  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/${each.value.file}" }]
  }])
}
