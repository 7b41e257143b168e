# One role trusts the ECS service instead of ECS tasks; the trust of the other is merged from two documents.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "tasks" {
  source_policy_documents = [data.aws_iam_policy_document.ecs.json]

  dynamic "statement" {
    for_each = toset(["ecs-tasks.amazonaws.com", "events.amazonaws.com"])
    content {
      actions = ["sts:AssumeRole"]
      principals {
        type        = "Service"
        identifiers = [statement.value]
      }
    }
  }
}

locals {
  trusts = {
    jobs = data.aws_iam_policy_document.ecs.json
    web  = data.aws_iam_policy_document.tasks.json
  }
}

resource "aws_iam_role" "execution" {
  for_each           = local.trusts
  name               = "${each.key}-execution"
  assume_role_policy = each.value

  inline_policy {
    name = "files"
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/${each.key}/*"] }]
    })
  }
}

resource "aws_ecs_task_definition" "service" {
  for_each           = aws_iam_role.execution
  family             = each.key
  execution_role_arn = each.value.arn
  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/${each.key}/prod.env" }]
  }])
}
