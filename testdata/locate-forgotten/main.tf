# The commonest mistake: the files may be read, but the bucket may not be located. Three services, three sets of actions.
variable "services" {
  type = map(object({
    actions = list(string)
    files   = optional(list(string), ["common.env"])
  }))
  default = {
    api    = { actions = ["s3:GetObject"] }
    jobs   = { actions = ["s3:GetObject", "s3:ListBucket"] }
    search = { actions = ["s3:GetObject", "s3:GetBucketLocation"], files = ["common.env", "search/prod.env"] }
  }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "files" {
  for_each = var.services

  statement {
    actions   = each.value.actions
    resources = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"]
  }
}

resource "aws_iam_role" "execution" {
  for_each           = var.services
  name_prefix        = "${each.key}-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "files" {
  for_each = var.services
  name     = "files"
  role     = aws_iam_role.execution[each.key].id
  policy   = data.aws_iam_policy_document.files[each.key].json
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = var.services
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
    environmentFiles = [for file in each.value.files : { type = "s3", value = "${aws_s3_bucket.config.arn}/${file}" }]
  }])
}
