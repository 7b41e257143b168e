# Services whose roles are in another stack, `changed-stack`; nothing in this one changes.
resource "aws_ecs_task_definition" "service" {
  for_each                 = toset(["web", "jobs", "mail"])
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/${each.key}-execution"

  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    essential        = true
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/${each.key}/prod.env" }]
  }])
}
