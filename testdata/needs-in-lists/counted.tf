variable "services" {
  type    = list(string)
  default = ["mail", "push", "sms"]
}

resource "aws_secretsmanager_secret" "notifier" {
  count = length(var.services)
  name  = "notify/${var.services[count.index]}"
}

resource "aws_iam_role" "notifier" {
  count = length(var.services)
  name  = "notify-${var.services[count.index]}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "notifier" {
  count      = length(var.services)
  role       = aws_iam_role.notifier[count.index].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_ecs_task_definition" "notifier" {
  count              = length(var.services)
  family             = var.services[count.index]
  execution_role_arn = aws_iam_role.notifier[count.index].arn
  container_definitions = jsonencode([{
    name             = var.services[count.index]
    image            = "nginx"
    memory           = 128
    secrets          = [{ name = "TOKEN", valueFrom = "${aws_secretsmanager_secret.notifier[count.index].arn}:token::" }]
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::notify-config/${var.services[count.index]}.env" }]
  }])
}
