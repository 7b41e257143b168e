locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

data "aws_iam_role" "shared" {
  name = "shared-execution"
}

resource "aws_iam_role" "based" {
  for_each           = toset(["narrowed", "quiet"])
  name               = each.key
  assume_role_policy = local.trust
}

# The text of the company's policy is in no plan.
resource "aws_iam_role_policy_attachment" "company" {
  for_each   = aws_iam_role.based
  role       = each.value.name
  policy_arn = "arn:aws:iam::123456789012:policy/company"
}

resource "aws_iam_role_policy" "narrowed" {
  name = "narrowed"
  role = aws_iam_role.based["narrowed"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" },
    ]
  })
}

resource "aws_iam_role_policy" "quiet" {
  name = "quiet"
  role = aws_iam_role.based["quiet"].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::acme-config/quiet/*", "arn:aws:s3:::acme-config"] },
    ]
  })
}

resource "aws_iam_role_policy" "shared" {
  name = "shared"
  role = "shared-execution"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config/shared/*" },
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" },
    ]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each = {
    narrowed = aws_iam_role.based["narrowed"].arn
    quiet    = aws_iam_role.based["quiet"].arn
    shared   = data.aws_iam_role.shared.arn
    named    = "arn:aws:iam::123456789012:role/named-execution"
  }
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value

  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/${each.key}/prod.env" }]
  }])
}
