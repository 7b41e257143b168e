resource "aws_s3_bucket" "config" {
}
resource "aws_iam_role" "execution" {
}
data "aws_iam_policy_document" "files" {
}
resource "aws_iam_role_policy" "files" {
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.files.json
}
resource "aws_ecs_task_definition" "web" {
  execution_role_arn = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    environmentFiles = [{ type = "s3", value = "${aws_s3_bucket.config.arn}/web.env" }]
  }])
}
