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

# Of two more policies each is attached to `first` by its owner, and to `second` by a resource that the owner does not know
# of. Where that is new, the next apply detaches it; where it was there before, this one does.
locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "former" {
  for_each           = toset(["first", "second"])
  name               = each.key
  assume_role_policy = local.trust
}

resource "aws_iam_policy" "former" {
  for_each = toset(["kept", "left"])
  name     = each.key
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-${each.key}/*" },
      { Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::acme-${each.key}" },
    ]
  })
}

resource "aws_iam_policy_attachment" "kept" {
  name       = "kept"
  policy_arn = aws_iam_policy.former["kept"].arn
  roles      = ["first"]
  depends_on = [aws_iam_role.former]
}

resource "aws_iam_role_policy_attachment" "kept" {
  policy_arn = aws_iam_policy.former["kept"].arn
  role       = "second"
  depends_on = [aws_iam_role.former]
}

resource "aws_iam_policy_attachment" "left" {
  name       = "left"
  policy_arn = aws_iam_policy.former["left"].arn
  roles      = ["first"]
  depends_on = [aws_iam_role.former]
}

resource "aws_iam_role_policy_attachment" "left" {
  policy_arn = aws_iam_policy.former["left"].arn
  role       = "second"
  depends_on = [aws_iam_role.former]
}

resource "aws_ecs_task_definition" "former" {
  for_each           = aws_iam_role.former
  family             = each.key
  execution_role_arn = each.value.arn
  container_definitions = jsonencode([{
    name             = "app"
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [for bucket in ["kept", "left"] : { type = "s3", value = "arn:aws:s3:::acme-${bucket}/app.env" }]
  }])
}
