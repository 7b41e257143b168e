provider "aws" {
  alias  = "shared"
  region = "ap-northeast-1"
  assume_role {
    role_arn = "arn:aws:iam::210987654321:role/terraform"
  }
}

variable "teams" {
  type    = set(string)
  default = ["red", "blue"]
}

resource "aws_s3_bucket" "team" {
  provider = aws.shared
  for_each = var.teams

  bucket = "acme-${each.key}-env"
}

resource "aws_s3_bucket_policy" "team" {
  provider = aws.shared
  for_each = var.teams

  bucket = aws_s3_bucket.team[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Tls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.team[each.key].arn, "${aws_s3_bucket.team[each.key].arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_iam_role" "team" {
  for_each = var.teams

  name               = "${each.key}-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "team" {
  for_each = var.teams

  name = "files"
  role = aws_iam_role.team[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetBucketLocation"]
        Resource = [aws_s3_bucket.team[each.key].arn, "${aws_s3_bucket.team[each.key].arn}/*"]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "team" {
  for_each = var.teams

  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.team[each.key].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/nginx/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.team[each.key].arn}/app.env" }]
  }])
}

# In a template.
resource "aws_s3_bucket" "central" {
  provider = aws.shared
  bucket   = "acme-central-env"
}

resource "aws_s3_bucket_policy" "central" {
  provider = aws.shared
  bucket   = aws_s3_bucket.central.id
  policy = templatefile("${path.module}/policies/bucket.json.tftpl", {
    bucket_arn = aws_s3_bucket.central.arn
  })
}

resource "aws_iam_role" "central" {
  name               = "central-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "central" {
  name = "files"
  role = aws_iam_role.central.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.central.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.central.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "central" {
  family                   = "central"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.central.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/nginx/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.central.arn}/central.env" }]
  }])
}

resource "aws_iam_role" "old" {
  name               = "old-execution"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_ecs_task_definition" "old" {
  family                   = "old"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.old.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/nginx/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.old.arn}/old.env" }]
  }])
}
