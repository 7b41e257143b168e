# Services that run under roles of `lending-stack`. It detaches, deletes and lists exclusively what these have.
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

resource "aws_iam_policy_attachment" "shared" {
  name       = "shared"
  policy_arn = "${local.policies}/lent-shared"
  roles      = ["lent-kept"]
}

# New, it does not detach anything yet: that may come with the next apply.
resource "aws_iam_policy_attachment" "team" {
  name       = "team"
  policy_arn = "${local.policies}/lent-team"
  roles      = ["lent-kept"]
}

resource "aws_iam_role_policy_attachments_exclusive" "listed" {
  role_name   = "lent-listed"
  policy_arns = []
}

resource "aws_iam_role_policies_exclusive" "overlooked" {
  role_name    = "lent-overlooked"
  policy_names = ["files"]
}

resource "aws_iam_role_policy_attachments_exclusive" "overlooked" {
  role_name   = "lent-overlooked"
  policy_arns = ["${local.policies}/lent-files"]
}
