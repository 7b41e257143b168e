# Roles by count; the policies are for the second and the third. The configuration in the plan does not show `+ 1`.
resource "aws_iam_role" "execution" {
  count       = 3
  name_prefix = "execution-${count.index}-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "files" {
  count = 2
  name  = "files"
  role  = aws_iam_role.execution[count.index + 1].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"][count.index], Resource = "*" }]
  })
}

resource "aws_ecs_task_definition" "service" {
  count                    = 3
  family                   = "service-${count.index}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution[count.index].arn

  container_definitions = jsonencode([{
    name             = "main"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/common.env" }]
  }])
}
