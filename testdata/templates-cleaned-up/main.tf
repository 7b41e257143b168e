resource "aws_s3_bucket" "cfg" { bucket_prefix = "tpl-cfg-" }
data "aws_region" "r" {}
resource "aws_cloudwatch_log_group" "svc" { name_prefix = "/tpl/svc-" }
resource "aws_ecr_repository" "svc" { name = "org/tpl" }
locals {
  rendered = templatefile("${path.module}/containers.json.tpl", {
    name   = "svc"
    image  = aws_ecr_repository.svc.repository_url
    port   = "8080"
    region = data.aws_region.r.name
    group  = aws_cloudwatch_log_group.svc.name
    bucket = aws_s3_bucket.cfg.bucket
    files  = ["common", "svc"]
  })
}
resource "aws_iam_role" "exec" {
  name_prefix        = "tpl-exec-"
  assume_role_policy = templatefile("${path.module}/assume.json", { services = ["ecs-tasks.amazonaws.com"] })
}
resource "aws_iam_role_policy" "exec" {
  role   = aws_iam_role.exec.id
  policy = templatefile("${path.module}/policy.json", { bucket = aws_s3_bucket.cfg.arn, repository = aws_ecr_repository.svc.arn, group = aws_cloudwatch_log_group.svc.arn })
}
resource "aws_ecs_task_definition" "svc" {
  family                   = "tpl"
  execution_role_arn       = aws_iam_role.exec.arn
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  container_definitions    = replace(local.rendered, "/\"(true|false|[[:digit:]]+)\"/", "$1")
}
