locals {
  teams = {
    red  = { parameters = ["db", "mail"], bucket = "red-config" }
    blue = { parameters = ["db"], bucket = "blue-config" }
  }
  parameters = merge([
    for team, t in local.teams : { for p in t.parameters : "${team}/${p}" => { team = team, name = p } }
  ]...)
}

resource "aws_s3_bucket" "team" {
  for_each = local.teams
  bucket   = each.value.bucket
}

resource "aws_ssm_parameter" "team" {
  for_each = local.parameters
  name     = "/${each.key}"
  type     = "SecureString"
  value    = "x"
}

resource "aws_iam_role" "team" {
  for_each = local.teams
  name     = "${each.key}-exec"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "team" {
  for_each = local.teams
  name     = "exec"
  role     = aws_iam_role.team[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.team[each.key].arn}/base.env"]
      },
    ]
  })
}

resource "aws_ecs_task_definition" "team" {
  for_each           = local.teams
  family             = each.key
  execution_role_arn = aws_iam_role.team[each.key].arn
  container_definitions = jsonencode([{
    name   = each.key
    image  = "nginx"
    memory = 128
    environmentFiles = [
      { type = "s3", value = "${aws_s3_bucket.team[each.key].arn}/base.env" },
      { type = "s3", value = "${aws_s3_bucket.team[each.key].arn}/${each.key}.env" },
    ]
    secrets = [for p in each.value.parameters : {
      name      = upper(p)
      valueFrom = aws_ssm_parameter.team["${each.key}/${p}"].arn
    }]
  }])
}
