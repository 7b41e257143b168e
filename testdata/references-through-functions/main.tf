# Each argument refers to one resource only, and is another value: functions and operators are around the references.
locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  read = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}

resource "aws_iam_role" "task" {
  name               = "shop-task"
  assume_role_policy = local.trust
}

# What "-exec" comes to: it may read nothing.
resource "aws_iam_role" "exec" {
  name               = "shop-exec"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task" {
  name   = "read"
  role   = aws_iam_role.task.name
  policy = local.read
}

# Attached to the other role than the one that it refers to.
resource "aws_iam_role" "batch" {
  name               = "batch-task"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "batch_exec" {
  name               = "batch-exec"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "batch" {
  name   = "read"
  role   = format("%s-exec", trimsuffix(aws_iam_role.batch.id, "-task"))
  policy = local.read

  depends_on = [aws_iam_role.batch_exec]
}

# A managed policy by the name of another one.
resource "aws_iam_policy" "narrow" {
  name   = "narrow-read"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::else/*" }] })
}

resource "aws_iam_policy" "wide" {
  name   = "wide-read"
  policy = local.read
}

resource "aws_iam_role" "managed" {
  name               = "managed-exec"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy_attachment" "managed" {
  role       = aws_iam_role.managed.name
  policy_arn = replace(aws_iam_policy.narrow.arn, "narrow", "wide")

  depends_on = [aws_iam_policy.wide]
}

# A document of which a function changes what it allows.
resource "aws_s3_bucket" "files" {
  bucket_prefix = "files-"
}

data "aws_iam_policy_document" "files" {
  statement {
    actions   = ["s3:GetObject", "s3:GetBucketLocation"]
    resources = [aws_s3_bucket.files.arn, "*"]
  }
}

resource "aws_iam_role" "document" {
  name               = "document-exec"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "document" {
  name   = "read"
  role   = aws_iam_role.document.name
  policy = replace(data.aws_iam_policy_document.files.json, "s3:Get", "s3:Put")
}

module "renamed" {
  source = "./modules/renamed"
  arn    = aws_iam_role.task.arn
}

resource "aws_ecs_task_definition" "replaced" {
  family                = "replaced"
  execution_role_arn    = replace(aws_iam_role.task.arn, "-task", "-exec")
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "module" {
  family                = "module"
  execution_role_arn    = module.renamed.exec
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "chosen" {
  family                = "chosen"
  execution_role_arn    = coalesce("", startswith(aws_iam_role.task.arn, "arn:") ? replace(aws_iam_role.task.arn, "-task", "-exec") : null)
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "looked_up" {
  family                = "looked-up"
  execution_role_arn    = lookup({ for arn in [aws_iam_role.task.arn] : "role" => join("-", [trimsuffix(arn, "-task"), "exec"]) }, "role", "")
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "batch" {
  family                = "batch"
  execution_role_arn    = replace(aws_iam_role.batch.arn, "-task", "-exec")
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "managed" {
  family                = "managed"
  execution_role_arn    = aws_iam_role.managed.arn
  container_definitions = local.containers
}

resource "aws_ecs_task_definition" "document" {
  family                = "document"
  execution_role_arn    = aws_iam_role.document.arn
  container_definitions = local.containers
}

locals {
  containers = jsonencode([
    {
      name             = "app"
      image            = "public.ecr.aws/docker/library/nginx:1.27"
      essential        = true
      memory           = 128
      environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/app.env" }]
    },
  ])
}
