# OpenTofu 1.12 can forget an object before it creates its replacement: the old policies stay on their roles.
language {
  compatible_with {
    opentofu = ">= 1.12.0"
  }
}

variable "release" {
  type    = string
  default = "new"
  const   = true
}

variable "keep_roles" {
  type    = bool
  default = true
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  policies = {
    old = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    new = "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess"
  }
  actions = {
    old = ["s3:GetObject", "s3:GetBucketLocation"]
    new = ["s3:GetBucketLocation"]
  }
  listed = {
    old = ["web", "jobs"]
    new = ["web"]
  }
}

resource "aws_iam_role" "execution" {
  for_each           = toset(["web", "jobs", "mail", "desk", "till"])
  name               = "left-${each.key}"
  assume_role_policy = local.trust

  lifecycle {
    prevent_destroy = var.keep_roles
  }
}

# That of jobs is not listed any more.
resource "aws_iam_role_policy" "files" {
  for_each = toset(local.listed[var.release])
  name     = "files"
  role     = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.actions.old, Resource = "*" }]
  })

  lifecycle {
    destroy = false
  }
}

resource "aws_iam_role_policy" "mail" {
  name = "files-${var.release}"
  role = aws_iam_role.execution["mail"].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.actions[var.release], Resource = "*" }]
  })

  lifecycle {
    destroy = false
  }
}

resource "aws_iam_role_policy_attachment" "desk" {
  role       = aws_iam_role.execution["desk"].name
  policy_arn = local.policies[var.release]

  lifecycle {
    destroy = false
  }
}

# This one is deleted.
resource "aws_iam_role_policy" "till" {
  name = "files-${var.release}"
  role = aws_iam_role.execution["till"].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.actions[var.release], Resource = "*" }]
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

  container_definitions = jsonencode([{
    name             = "app"
    image            = "nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::left-settings/${each.key}.env" }]
  }])
}
