# The files name their buckets literally, the policy through variables: covered only where the values agree.
variable "env_bucket" {
  type = string
}

variable "audit_bucket" {
  type    = string
  default = "acme-audit-staging"
}

data "aws_iam_policy_document" "files" {
  dynamic "statement" {
    for_each = toset([var.env_bucket, var.audit_bucket])
    content {
      sid       = replace(title(replace(statement.value, "-", " ")), " ", "")
      actions   = ["s3:GetObject", "s3:GetBucketLocation"]
      resources = ["arn:aws:s3:::${statement.value}", "arn:aws:s3:::${statement.value}/*"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name_prefix = "reports-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_policy" "files" {
  name   = "reports-files"
  policy = data.aws_iam_policy_document.files.json
}

resource "aws_iam_role_policy_attachment" "files" {
  role       = aws_iam_role.execution.name
  policy_arn = aws_iam_policy.files.arn
}

resource "aws_ecs_task_definition" "reports" {
  family                   = "reports"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name      = "reports"
    image     = "public.ecr.aws/docker/library/nginx:1.27"
    essential = true
    environmentFiles = [
      { type = "s3", value = "arn:aws:s3:::acme-config-prod/reports.env" },
      { type = "s3", value = "arn:aws:s3:::acme-audit-prod/audit.env" },
    ]
  }])
}
