# Trust policies that roles share and that do not let ECS tasks in: two roles of tasks share a document and two share a
# local value, which may be changed for both; batch shares one with a role of instances, and gets one of its own.
data "aws_iam_policy_document" "ecs" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "ec2" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      },
    ]
  })
}

resource "aws_iam_role" "web_execution" {
  name               = "web-execution"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role" "web_task" {
  name               = "web-task"
  assume_role_policy = data.aws_iam_policy_document.ecs.json
}

resource "aws_iam_role" "jobs" {
  for_each = toset(["execution", "task"])

  name               = "jobs-${each.key}"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "instance" {
  name               = "instance"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}

resource "aws_iam_instance_profile" "instance" {
  name = "instance"
  role = aws_iam_role.instance.name
}

resource "aws_iam_role" "batch" {
  name               = "batch"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  execution_role_arn    = aws_iam_role.web_execution.arn
  task_role_arn         = aws_iam_role.web_task.arn
  container_definitions = jsonencode([{ name = "web", image = "public.ecr.aws/docker/library/nginx:1.27", memory = 256 }])
}

resource "aws_ecs_task_definition" "jobs" {
  family                = "jobs"
  execution_role_arn    = aws_iam_role.jobs["execution"].arn
  task_role_arn         = aws_iam_role.jobs["task"].arn
  container_definitions = jsonencode([{ name = "jobs", image = "public.ecr.aws/docker/library/nginx:1.27", memory = 256 }])
}

resource "aws_ecs_task_definition" "batch" {
  family                = "batch"
  execution_role_arn    = aws_iam_role.batch.arn
  container_definitions = jsonencode([{ name = "batch", image = "public.ecr.aws/docker/library/nginx:1.27", memory = 256 }])
}
