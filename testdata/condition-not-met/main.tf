# Statements that would grant what is needed except for a tag of the role, or the region of the call.
resource "aws_iam_role" "execution" {
  name = "conds-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}
resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = ["s3:GetObject", "s3:GetBucketLocation"]
        Resource  = ["arn:aws:s3:::acme-config", "arn:aws:s3:::acme-config/*"]
        Condition = { StringEquals = { "aws:PrincipalTag/team" = "shop" } }
      },
      {
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue"]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:RequestedRegion" = "us-east-1" } }
      },
    ]
  })
}
resource "aws_ecs_task_definition" "app" {
  family             = "app"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::acme-config/app.env" }]
    secrets          = [{ name = "X", valueFrom = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf" }]
  }])
}
