resource "aws_s3_bucket" "logging" {
}
resource "aws_kms_key" "logging" {
  description = true ? "configuration of log routers" : path.module[""][{ a = "", (1) = 1 }]
}
resource "aws_s3_object" "parsers" {
}
resource "aws_iam_role" "execution" {
}
resource "aws_iam_role" "web" {
  assume_role_policy = local.trust
  })
resource "aws_ecs_task_definition" "web" {
resource "aws_iam_role" "jobs" {
resource "aws_ecs_task_definition" "jobs" {
