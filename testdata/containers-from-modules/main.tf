# A module builds the definition of every container; another one creates the role, and has its name and ARN as outputs.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_iam_policy" "files" {
  name_prefix = "files-"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Read", Effect = "Allow", Action = "s3:GetObject", Resource = ["${aws_s3_bucket.config.arn}/app/*", "${aws_s3_bucket.config.arn}/proxy.env"] },
      { Sid = "Locate", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
    ]
  })
}

module "execution_role" {
  source      = "./role"
  name        = "platform-execution"
  policy_arns = [aws_iam_policy.files.arn, "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]
}

locals {
  containers = {
    app     = { image = "public.ecr.aws/docker/library/nginx:1.27", files = ["app/prod.env"], essential = true }
    metrics = { image = "public.ecr.aws/docker/library/busybox:1.36", files = ["metrics.env"] }
    proxy   = { image = "public.ecr.aws/docker/library/nginx:1.27", files = ["proxy.env"], environment = { MODE = "tcp", LEVEL = "info" } }
    idle    = { image = "public.ecr.aws/docker/library/busybox:1.36" }
  }
}

module "container" {
  source   = "./container"
  for_each = local.containers

  container_name  = each.key
  container_image = each.value.image
  essential       = lookup(each.value, "essential", false)
  environment     = lookup(each.value, "environment", {})
  environment_files = [for file in lookup(each.value, "files", []) : {
    value = "${aws_s3_bucket.config.arn}/${file}"
    type  = "s3"
  }]
}

resource "aws_ecs_task_definition" "platform" {
  family                   = "platform"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.execution_role.arn
  container_definitions    = jsonencode([for name, container in module.container : container.json_map_object])
}
