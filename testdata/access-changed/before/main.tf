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

resource "aws_iam_role" "mail" {
  name               = "mail-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "old" {
  name               = "old-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "web" {
  name = "files"
  role = aws_iam_role.web.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:Get*", Resource = "arn:aws:s3:::acme-config/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-config" },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:DescribeKey"], Resource = "*" },
    ]
  })
}

resource "aws_iam_role_policy" "jobs" {
  name = "files"
  role = aws_iam_role.jobs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/jobs/*" },
      { Effect = "Allow", Action = "sqs:ReceiveMessage", Resource = "*" },
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

resource "aws_iam_role_policy" "old" {
  name   = "nothing-yet"
  role   = aws_iam_role.old.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*" }] })
}

resource "aws_ecs_task_definition" "service" {
  for_each = {
    web    = { role = aws_iam_role.web.arn, file = "web/prod.env" }
    jobs   = { role = aws_iam_role.jobs.arn, file = "common/jobs.env" }
    mail   = { role = aws_iam_role.mail.arn, file = "mail/prod.env" }
    search = { role = aws_iam_role.old.arn, file = "search/prod.env" }
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
