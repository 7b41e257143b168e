locals {
  services = toset(["jobs", "web"])
}

resource "aws_iam_role" "execution" {
  for_each = local.services
  name     = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "web_files" {
  name = "files"
  role = aws_iam_role.execution["web"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::acme-config", "arn:aws:s3:::acme-config/*"] }]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each           = local.services
  family             = each.key
  execution_role_arn = aws_iam_role.execution[each.key].arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/${each.key}.env" }]
  }])
}
