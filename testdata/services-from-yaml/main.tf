# Services are listed in a YAML file; the files and grants of each are built from one list, and one list is wrong.
locals {
  settings = yamldecode(file("${path.root}/services.yaml"))
  services = { for service in local.settings.services : service.name => merge({ env_files = [], grants = [] }, service) }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "${local.settings.project}-"
}

resource "aws_iam_role" "execution" {
  for_each = local.services
  name     = "${local.settings.project}-${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

data "aws_iam_policy_document" "files" {
  for_each = { for name, service in local.services : name => service if length(service.grants) > 0 }

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = [for path in each.value.grants : "${aws_s3_bucket.config.arn}/${path}"]
  }

  statement {
    sid       = "Locate"
    actions   = ["s3:GetBucketLocation"]
    resources = [aws_s3_bucket.config.arn]
  }
}

resource "aws_iam_role_policy" "files" {
  for_each = data.aws_iam_policy_document.files
  name     = "files"
  role     = aws_iam_role.execution[each.key].id
  policy   = each.value.json
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.services
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = lookup(each.value, "cpu", 256)
  memory                   = try(each.value.memory, 512)
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name      = each.key
    image     = "public.ecr.aws/docker/library/nginx:1.27"
    essential = true
    environmentFiles = [for path in concat(local.settings.common_files, each.value.env_files) : {
      type  = "s3"
      value = "${aws_s3_bucket.config.arn}/${path}"
    }]
  }])
}
