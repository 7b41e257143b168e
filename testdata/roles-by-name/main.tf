# Execution roles of another stack whose policies are attached here, by name, in a plan that does not show which account
# it is for: IAM attaches within one account, so roles, bucket, secret and parameter are in the same one.
locals {
  needed = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:GetBucketLocation", "ssm:GetParameters", "secretsmanager:GetSecretValue"]
      Resource = "*"
    }]
  })
  roles = {
    looked-up = data.aws_iam_role.looked_up.arn
    named     = "arn:aws:iam::123456789012:role/named"
  }
}

data "aws_iam_role" "looked_up" {
  name = "looked-up"
}

resource "aws_iam_policy" "needed" {
  name   = "what-tasks-need"
  policy = local.needed
}

resource "aws_iam_role_policy_attachment" "looked_up" {
  role       = data.aws_iam_role.looked_up.name
  policy_arn = aws_iam_policy.needed.arn
}

resource "aws_iam_role_policy" "named" {
  role   = "named"
  policy = local.needed
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-roles-by-name"
}

resource "aws_secretsmanager_secret" "token" {
  name = "roles-by-name/token"
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id     = aws_secretsmanager_secret.token.id
  secret_string = "change-me"
}

resource "aws_ecs_task_definition" "app" {
  for_each                 = local.roles
  family                   = each.key
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = each.value
  container_definitions = jsonencode([{
    name             = "app"
    image            = "example/app:1"
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }]
    secrets = [
      { name = "LEVEL", valueFrom = "/shop/level" },
      { name = "TOKEN", valueFrom = aws_secretsmanager_secret.token.arn },
    ]
  }])
}
