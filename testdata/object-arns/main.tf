# Files are objects of the plan: named by their own ARN, by bucket and key, with keys that S3 normalises.
variable "env_files" {
  type = map(string)
  default = {
    common = "common.env"
    web    = "/web//prod.env"
  }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_s3_object" "env" {
  for_each = var.env_files
  bucket   = aws_s3_bucket.config.bucket
  key      = each.value
  content  = "NAME=${each.key}\n"
}

resource "aws_s3_object" "extra" {
  bucket  = aws_s3_bucket.config.id
  key     = "extra/flags.env"
  content = "FLAG=1\n"
}

resource "aws_iam_role" "execution" {
  name = "objects-execution"
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
      { Effect = "Allow", Action = "s3:GetObject", Resource = values(aws_s3_object.env)[*].arn },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::${aws_s3_object.extra.bucket}" },
    ]
  })
}

resource "aws_ecs_task_definition" "web" {
  family             = "web"
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name   = "web"
    image  = "public.ecr.aws/docker/library/nginx:1.27"
    memory = 256
    environmentFiles = concat(
      [for name in ["common", "web"] : { type = "s3", value = aws_s3_object.env[name].arn }],
      [
        { type = "s3", value = "arn:aws:s3:::${aws_s3_bucket.config.id}/${aws_s3_object.env["common"].key}" },
        { type = "s3", value = "${aws_s3_bucket.config.arn}/${aws_s3_object.extra.key}" },
      ],
    )
  }])
}
