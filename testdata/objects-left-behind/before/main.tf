# OpenTofu 1.12 can forget an object before it creates its replacement: what it had stays in force in AWS.
language {
  compatible_with {
    opentofu = ">= 1.12.0"
  }
}

variable "release" {
  type    = string
  default = "old"
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  account = "123456789012"
  grants = {
    web  = ["s3:GetObject", "s3:GetBucketLocation"]
    jobs = ["s3:GetBucketLocation"]
    mail = ["secretsmanager:GetSecretValue"]
    desk = ["secretsmanager:GetSecretValue", "kms:Decrypt"]
    till = ["s3:*"]
  }
}

resource "aws_iam_role" "execution" {
  for_each             = local.grants
  name                 = each.key
  assume_role_policy   = local.trust
  permissions_boundary = each.key == "till" ? aws_iam_policy.boundary.arn : null

  lifecycle {
    ignore_changes = [permissions_boundary]
  }
}

resource "aws_iam_role_policy" "start" {
  for_each = local.grants
  name     = "start"
  role     = aws_iam_role.execution[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = each.value, Resource = "*" }]
  })
}

# A bucket and its policy. The old ones stay: web is denied, jobs is granted.
resource "aws_s3_bucket" "files" {
  bucket = "left-files-${var.release}"

  lifecycle {
    destroy = false
  }
}

resource "aws_s3_bucket_policy" "files" {
  bucket = aws_s3_bucket.files.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Deny"
        Action    = "s3:GetObject"
        Resource  = "arn:aws:s3:::left-files-${var.release}/secret/*"
        Principal = { AWS = "arn:aws:iam::${local.account}:role/web" }
      },
      {
        Effect    = "Allow"
        Action    = "s3:GetObject"
        Resource  = "arn:aws:s3:::left-files-${var.release}/*"
        Principal = { AWS = "arn:aws:iam::${local.account}:role/jobs" }
      },
    ]
  })

  lifecycle {
    destroy = false
  }

  depends_on = [aws_iam_role.execution]
}

# A boundary, which till's role keeps.
resource "aws_iam_policy" "boundary" {
  name = "boundary-${var.release}"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.release == "old" ? "s3:GetObject" : "s3:*", Resource = "*" }]
  })

  lifecycle {
    destroy = false
  }
}

# A key and a secret that mail and desk go on reading.
resource "aws_kms_key" "secrets" {
  multi_region = var.release == "new"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "kms:*"
        Resource  = "*"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
      },
      {
        Effect    = "Deny"
        Action    = "kms:Decrypt"
        Resource  = "*"
        Principal = { AWS = "arn:aws:iam::${local.account}:role/${var.release == "old" ? "desk" : "nobody"}" }
      },
      {
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = "*"
        Principal = { AWS = "arn:aws:iam::${local.account}:role/${var.release == "old" ? "mail" : "web"}" }
      },
    ]
  })

  lifecycle {
    destroy = false
  }

  depends_on = [aws_iam_role.execution]
}

resource "aws_secretsmanager_secret" "database" {
  name       = "left-database-${var.release}"
  kms_key_id = aws_kms_key.secrets.arn

  lifecycle {
    destroy = false
  }
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = "changeme"

  lifecycle {
    destroy = false
  }
}

resource "aws_ecs_task_definition" "file" {
  for_each                 = { web = "web.env", jobs = "jobs.env", till = "till.env" }
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([for folder in each.key == "web" ? ["open", "secret"] : ["open"] : {
    name             = folder
    image            = "nginx:1.27"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::left-files-old/${folder}/${each.value}" }]
  }])
}

resource "aws_ecs_task_definition" "secret" {
  for_each                 = toset(["mail", "desk"])
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[each.key].arn

  container_definitions = jsonencode([{
    name    = "app"
    image   = "nginx:1.27"
    secrets = [{ name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn }]
  }])

  lifecycle {
    ignore_changes = [container_definitions]
  }
}

# A role under a new name, whose policy moves to it; the task definition keeps the old one.
resource "aws_iam_role" "kiosk" {
  name               = "kiosk-${var.release}"
  assume_role_policy = local.trust

  lifecycle {
    destroy = false
  }
}

resource "aws_iam_role_policy" "kiosk" {
  name = "start"
  role = aws_iam_role.kiosk.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.release == "old" ? "s3:GetObject" : "s3:*", Resource = "*" }]
  })

  lifecycle {
    destroy = false
  }
}

resource "aws_ecs_task_definition" "kiosk" {
  family                   = "kiosk"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.kiosk.arn

  container_definitions = jsonencode([{
    name             = "app"
    image            = "nginx:1.27"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::left-files-old/open/kiosk.env" }]
  }])

  lifecycle {
    ignore_changes = [execution_role_arn]
  }
}
