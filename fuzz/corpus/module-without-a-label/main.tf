module  {
  source = "./m"
}
resource "aws_iam_role" "latter" {
}
resource "aws_iam_role" "stays" {
  name               = "stays"
}
resource "aws_ecs_task_definition" "app" {
  container_definitions = jsonencode([{
    secrets          = [{ name = "TOKEN", valueFrom = "/named/token" }]
  }])
}
