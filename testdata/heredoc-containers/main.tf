# Containers and policy as JSON in heredocs, with directives; not every container has files.
variable "sidecars" {
  type = map(object({ image = string, file = optional(string) }))
  default = {
    tracing = { image = "public.ecr.aws/docker/library/busybox:1.36", file = "sidecars/tracing.env" }
    warmer  = { image = "public.ecr.aws/docker/library/busybox:1.36" }
  }
}

resource "aws_s3_bucket" "config" {
  bucket_prefix = "acme-config-"
}

resource "aws_iam_role" "execution" {
  name               = "heredoc-execution"
  assume_role_policy = <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, "Action": "sts:AssumeRole"}
  ]
}
EOF
}

resource "aws_iam_role_policy" "files" {
  name   = "files"
  role   = aws_iam_role.execution.name
  policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        %{~for folder in ["app"]~}
        {
          "Effect": "Allow",
          "Action": ["s3:GetObject"],
          "Resource": ["${aws_s3_bucket.config.arn}/${folder}/*"]
        },
        %{~endfor~}
        {
          "Effect": "Allow",
          "Action": ["s3:GetBucketLocation"],
          "Resource": ["${aws_s3_bucket.config.arn}"]
        }
      ]
    }
  EOF
}

locals {
  containers = <<-JSON
    [
      {
        "name": "app",
        "image": "public.ecr.aws/docker/library/nginx:1.27",
        "memory": 256,
        "essential": true,
        "environment": [{"name": "PRICE", "value": "$${amount} at 100%%{sure}"}],
        "environmentFiles": [
          {"type": "s3", "value": "${aws_s3_bucket.config.arn}/app/common.env"},
          {"type": "s3", "value": "${aws_s3_bucket.config.arn}/app/prod.env"}
        ]
      }
      %{for name, sidecar in var.sidecars},
      {
        "name": "${name}",
        "image": "${sidecar.image}",
        "memory": 64,
        %{if sidecar.file != null}"environmentFiles": [{"type": "s3", "value": "${aws_s3_bucket.config.arn}/${sidecar.file}"}],%{endif}
        "essential": false
      }
      %{endfor}
    ]
  JSON
}

resource "aws_ecs_task_definition" "app" {
  family                = "app"
  execution_role_arn    = aws_iam_role.execution.arn
  container_definitions = local.containers
}
