provider "aws" { region = "eu-west-1" }
resource "terraform_data" "t" { input = "1" }
locals {
  trust = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }] })
}
resource "aws_iam_role" "x" {
  name               = "shop-exec"
  assume_role_policy = local.trust
  lifecycle {
    replace_triggered_by = [terraform_data.t]
  }
}
resource "aws_s3_bucket" "lit" { bucket = "shop-lit" }
resource "aws_s3_bucket_policy" "lit" {
  bucket = aws_s3_bucket.lit.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::123456789012:role/shop-exec" }, Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::shop-lit", "arn:aws:s3:::shop-lit/*"] }] })
}
resource "aws_s3_bucket" "ref" { bucket = "shop-ref" }
resource "aws_s3_bucket_policy" "ref" {
  bucket = aws_s3_bucket.ref.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.x.arn }, Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::shop-ref", "arn:aws:s3:::shop-ref/*"] }] })
}
# the bucket is replaced, its policy names it by its known name and its arn
resource "aws_s3_bucket" "gone" {
  bucket        = "shop-gone"
  force_destroy = true
  lifecycle {
    replace_triggered_by = [terraform_data.t]
  }
}
resource "aws_iam_role" "y" {
  name               = "shop-other"
  assume_role_policy = local.trust
}
resource "aws_s3_bucket_policy" "gone" {
  bucket = aws_s3_bucket.gone.bucket
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.y.arn }, Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = [aws_s3_bucket.gone.arn, "${aws_s3_bucket.gone.arn}/*"] }] })
}
# the role is replaced; its policy names it by its known name, and has an unknown text
resource "aws_iam_role" "z" {
  name               = "shop-z"
  assume_role_policy = local.trust
  lifecycle {
    replace_triggered_by = [terraform_data.t]
  }
}
resource "aws_iam_role_policy" "z" {
  name   = "z"
  role   = aws_iam_role.z.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = "*", Condition = { ArnEquals = { "aws:PrincipalArn" = aws_iam_role.z.arn } } }] })
}
resource "aws_ecs_task_definition" "t" {
  for_each                 = { lit = [aws_iam_role.x.arn, "lit"], ref = [aws_iam_role.x.arn, "ref"], gone = [aws_iam_role.y.arn, "gone"], z = [aws_iam_role.z.arn, "z"] }
  family                   = each.key
  execution_role_arn       = each.value[0]
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  container_definitions    = jsonencode([{ name = "app", image = "nginx", environmentFiles = [{ type = "s3", value = "arn:aws:s3:::shop-${each.value[1]}/a.env" }] }])
}
