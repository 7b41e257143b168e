# Repositories and log groups by for_each, and the policies that name them.
locals {
  services = toset(["web", "worker"])
  images   = { for name, repository in aws_ecr_repository.service : name => "${repository.repository_url}:${name == "web" ? "1.4.2" : "latest"}" }
}

resource "aws_ecr_repository" "service" {
  for_each = local.services
  name     = "acme/${each.key}"
}

resource "aws_cloudwatch_log_group" "service" {
  for_each          = local.services
  name              = "/ecs/acme/${each.value}"
  retention_in_days = 30
}

data "aws_iam_policy_document" "start" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [for repository in aws_ecr_repository.service : repository.arn]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in aws_cloudwatch_log_group.service : "${group.arn}:log-stream:*"]
  }
}

resource "aws_iam_policy" "start" {
  name   = "start"
  policy = data.aws_iam_policy_document.start.json
}

resource "terraform_data" "images" {
  input = local.images
}

resource "terraform_data" "registry" {
  input = "${aws_ecr_repository.service["web"].registry_id}.dkr.ecr.ap-northeast-1.amazonaws.com"
}
