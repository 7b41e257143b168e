# Two services share a role: one waits for its policy, the other does not.
resource "aws_ecs_cluster" "main" {
  name = "main"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_iam_role" "execution" {
  name = "late-for-one"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_ecs_task_definition" "this" {
  for_each                 = toset(["waits", "hurries"])
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name   = "app"
    image  = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/app:1"
    memory = 128
  }])
}

resource "aws_ecs_service" "waits" {
  name            = "waits"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.this["waits"].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }

  depends_on = [aws_iam_role_policy_attachment.execution]
}

resource "aws_ecs_service" "hurries" {
  name            = "hurries"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.this["hurries"].arn
  desired_count   = 1
  launch_type     = "FARGATE"

  network_configuration {
    subnets = [aws_subnet.main.id]
  }
}
