# Images of several registries: the account's own, that of another account, and a public one. One role may pull
# from the repository of this plan only, one from any repository that lets it, one is not in this plan.
variable "outside_role_arn" {
  type    = string
  default = "arn:aws:iam::123456789012:role/made-elsewhere"
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  registry = "${data.aws_caller_identity.current.account_id}.dkr.ecr.${data.aws_region.current.name}.amazonaws.com"
  other    = "999988887777.dkr.ecr.us-east-1.amazonaws.com"
  roles = {
    all     = aws_iam_role.execution["all"].arn
    outside = var.outside_role_arn
    own     = aws_iam_role.execution["own"].arn
  }
}

resource "aws_ecr_repository" "web" {
  name = "web"
}

resource "aws_iam_role" "execution" {
  for_each = toset(["all", "own"])
  name     = "images-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

# The token cannot be granted on a repository.
resource "aws_iam_role_policy" "own" {
  name = "pull"
  role = aws_iam_role.execution["own"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Resource = aws_ecr_repository.web.arn
    }]
  })
}

resource "aws_iam_role_policy" "all" {
  name = "pull"
  role = aws_iam_role.execution["all"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Resource = "*"
    }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.roles
  family                   = "images-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value

  container_definitions = jsonencode([
    { name = "base", image = "${local.registry}/base/node:22", essential = false },
    { name = "other", image = "${local.other}/team/app@sha256:${sha256("app")}", essential = false },
    { name = "public", image = "public.ecr.aws/nginx/nginx:1.27", essential = false },
    { name = "web", image = "${aws_ecr_repository.web.repository_url}:v1", essential = true },
  ])
}
