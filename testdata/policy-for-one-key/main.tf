# Roles by for_each, a policy for one of the keys only; the other role has a policy that the next key's name begins with.
locals {
  services = toset(["web", "web-admin"])
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_iam_role" "execution" {
  for_each    = local.services
  name_prefix = "${each.key}-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  for_each = setsubtract(local.services, ["web-admin"])
  name     = "files"
  role     = aws_iam_role.execution[each.value].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
    ]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.services
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/common.env" }]
  }])
}
