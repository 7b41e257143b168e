# All resources move into a module; on the way the statement for s3:GetBucketLocation gets lost.
module "service" {
  source   = "./service"
  for_each = { web = "arn:aws:s3:::acme-config/web.env" }

  name         = each.key
  env_file_arn = each.value
}

moved {
  from = aws_iam_role.execution
  to   = module.service["web"].aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.files
  to   = module.service["web"].aws_iam_role_policy.files
}

moved {
  from = aws_ecs_task_definition.web
  to   = module.service["web"].aws_ecs_task_definition.this
}
