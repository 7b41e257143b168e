# Exclusive lists: one removes an inline policy that Terraform forgets, the other attaches what it names.
locals {
  services = toset(["jobs", "web"])
}

removed {
  from = aws_iam_role_policy.web_files

  lifecycle {
    destroy = false
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.services
  name     = "${each.key}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policies_exclusive" "web" {
  role_name    = aws_iam_role.execution["web"].name
  policy_names = []
}

resource "aws_iam_policy" "files" {
  name = "config-files"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::acme-config", "arn:aws:s3:::acme-config/*"] }]
  })
}

resource "aws_iam_role_policy_attachments_exclusive" "jobs" {
  role_name   = aws_iam_role.execution["jobs"].name
  policy_arns = [aws_iam_policy.files.arn]
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
