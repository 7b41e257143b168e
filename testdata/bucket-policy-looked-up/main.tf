# The bucket belongs to another stack; a data source shows its policy.
data "aws_s3_bucket_policy" "shared" {
  bucket = "shared-files"
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "execution" {
  for_each           = toset(["web", "jobs", "mail"])
  name               = each.key
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.execution["web"].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" }]
  })
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = aws_iam_role.execution
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value.arn

  container_definitions = jsonencode([for folder in ["closed", "open"] : {
    name             = folder
    image            = "nginx:1.27"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::shared-files/${folder}/${each.key}.env" }]
  }])
}
