resource "aws_secretsmanager_secret" "web" {
  name = "web"
  tags = {
    Team = "web"
  }
}

resource "aws_secretsmanager_secret" "jobs" {
  name = "jobs"
}

resource "aws_ssm_parameter" "mail" {
  name  = "/mail"
  type  = "String"
  value = "x"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "abac" {
  statement {
    sid       = "OwnTeam"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Team"
      values   = ["$${aws:PrincipalTag/Team}"]
    }
  }

  statement {
    actions   = ["ssm:GetParameters"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["us-east-1"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true"]
    }
  }
}

resource "aws_iam_role" "exec" {
  for_each           = { web = "web", jobs = "jobs", mail = "mail" }
  name               = "${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags = {
    Team = each.value
  }
}

resource "aws_iam_role_policy" "abac" {
  for_each = aws_iam_role.exec
  name     = "abac"
  role     = each.value.id
  policy   = data.aws_iam_policy_document.abac.json
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.exec["web"].arn

  container_definitions = jsonencode([{
    name      = "web"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true
    secrets   = [{ name = "A", valueFrom = aws_secretsmanager_secret.web.arn }]
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family                   = "jobs"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.exec["jobs"].arn

  container_definitions = jsonencode([{
    name      = "jobs"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true
    secrets   = [{ name = "A", valueFrom = aws_secretsmanager_secret.jobs.arn }]
  }])
}

resource "aws_ecs_task_definition" "mail" {
  family                   = "mail"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.exec["mail"].arn

  container_definitions = jsonencode([{
    name      = "mail"
    image     = "public.ecr.aws/docker/library/busybox:1.36"
    essential = true
    secrets   = [{ name = "A", valueFrom = aws_ssm_parameter.mail.arn }]
  }])
}
