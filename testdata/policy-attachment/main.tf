# aws_iam_policy_attachment attaches one policy to a list of roles; one role is not in the list.
resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_iam_role" "execution" {
  count       = 3
  name_prefix = "execution-${count.index}-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_policy" "files" {
  name_prefix = "files-"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
    ]
  })
}

resource "aws_iam_policy_attachment" "files" {
  name       = "files"
  policy_arn = aws_iam_policy.files.arn
  roles      = slice(aws_iam_role.execution[*].name, 0, 2)
}

resource "aws_ecs_task_definition" "app" {
  count              = length(aws_iam_role.execution)
  family             = "app-${count.index}"
  execution_role_arn = aws_iam_role.execution[count.index].arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/app.env" }]
  }])
}
