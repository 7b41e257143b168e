# The platform's stack: the execution roles that services of other stacks use, and the bucket that they read from.
resource "aws_iam_role" "execution" {
  name = "acme-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "env_files" {
  name = "env-files"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "EnvFiles", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-config-files/web/*" },
      { Sid = "Locate", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-config-files" },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "ecs" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

# The role of jobs, with a managed policy of this stack.
resource "aws_iam_role" "jobs" {
  name               = "acme-jobs"
  assume_role_policy = aws_iam_role.execution.assume_role_policy
}

resource "aws_iam_policy" "jobs" {
  name = "acme-jobs"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Jobs", Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.config.arn}/jobs/shared.env" },
      { Sid = "Locate", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = aws_s3_bucket.config.arn },
      { Sid = "Decrypt", Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.config.arn },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "jobs" {
  role       = aws_iam_role.jobs.name
  policy_arn = aws_iam_policy.jobs.arn
}

resource "aws_kms_key" "config" {
  description = "configuration of services"
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-config-files"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "config" {
  bucket = aws_s3_bucket.config.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.config.arn
    }
  }
}

resource "aws_s3_bucket_policy" "config" {
  bucket = aws_s3_bucket.config.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Private"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.config.arn}/web/private/*"
    }]
  })
}

resource "aws_cloudwatch_log_group" "services" {
  name = "/ecs/services"
}
