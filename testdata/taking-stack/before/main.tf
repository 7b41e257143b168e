# Services that run under roles of `lending-stack`. Before: it attaches some of what they attach, too.
locals {
  services = toset(["detached", "narrowed", "kept", "inline", "listed", "owned", "overlooked", "remains", "leaving", "renamed"])
  policies = "arn:aws:iam::123456789012:policy"
}

data "aws_iam_role" "leaving" {
  name = "lent-leaving"
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.services
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.key == "leaving" ? data.aws_iam_role.leaving.arn : "arn:aws:iam::123456789012:role/lent-${each.key}"

  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/${each.key}/prod.env" }]
  }])
}

resource "aws_iam_role_policy_attachment" "detached" {
  role       = "lent-detached"
  policy_arn = "${local.policies}/lent-files"
}

resource "aws_iam_policy_attachment" "shared" {
  name       = "shared"
  policy_arn = "${local.policies}/lent-shared"
  roles      = ["lent-kept", "lent-narrowed"]
}

resource "aws_iam_role_policy" "inline" {
  name = "files"
  role = "lent-inline"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*" }]
  })
}
