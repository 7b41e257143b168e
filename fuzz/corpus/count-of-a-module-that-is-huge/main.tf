module "role" {
  count = local.fuzz
  source   = "./modules/ecs-role"
}
resource "aws_iam_role_policy" "env_files" {
  policy = jsonencode({
  })
}
resource "aws_ecs_task_definition" "service" {
  for_each = module.role
  execution_role_arn       = each.value.arn
  container_definitions = jsonencode([
  ])
}
locals {
  fuzz = 99999999999999999999999
}
