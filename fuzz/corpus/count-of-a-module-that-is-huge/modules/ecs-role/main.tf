resource "aws_iam_role" "this" {
}
output "arn" {
  value = aws_iam_role.this.arn
}
