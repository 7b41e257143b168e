# Images at hosts that IPv6 reaches as well, for which ECS asks for a token like for the others. The role may pull what the
# plan's repository and the literal one have, and not what is below the repository.
provider "aws" {
  region = "eu-west-1"
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  host = "${data.aws_caller_identity.current.account_id}.dkr-ecr.${data.aws_region.current.name}.on.aws"
  images = {
    shop    = "${local.host}/${aws_ecr_repository.shop.name}:1.4"
    fips    = "123456789012.dkr-ecr-fips.eu-west-1.on.aws/${aws_ecr_repository.shop.name}@sha256:${sha256("1.4")}"
    literal = "123456789012.dkr-ecr.eu-west-1.on.aws/acme/literal"
    below   = "${aws_ecr_repository.shop.repository_url}/api:1.4"
    abroad  = "123456789012.dkr-ecr.eu-central-1.on.aws/acme/shop:1.4"
    public  = "ecr-public.aws.com/docker/library/nginx:1.27"
  }
}

resource "aws_ecr_repository" "shop" {
  name = "acme/shop"
}

resource "aws_iam_role" "execution" {
  name = "image-hosts"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "pull" {
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Effect = "Allow"
        Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [
          aws_ecr_repository.shop.arn,
          "arn:aws:ecr:eu-west-1:${data.aws_caller_identity.current.account_id}:repository/acme/literal",
        ]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.images
  family                   = "image-hosts-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([{ name = "app", image = each.value }])
}
