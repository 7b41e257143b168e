from __future__ import annotations

from tfcheck.fix.cycle import Dependencies
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import read
from tfcheck.hcl.syntax.source import SourceText


def test_what_depends_on_a_block_is_found_through_long_chains() -> None:
    lines = "\n".join(f"  x{number} = local.x{number - 1}" for number in range(1, 3_000))
    files = [read(SourceText("main.tf", f"locals {{\n  x0 = aws_iam_role.r.arn\n{lines}\n}}\n"))]
    dependencies = Dependencies(Module(".", files))

    assert all(dependencies.reaches(f"local.x{number}", "aws_iam_role.r") for number in range(3_000))
    assert not dependencies.reaches("local.other", "aws_iam_role.r")
    assert dependencies.reaches("local.other", "local.other")
    assert not dependencies.leading_to_circles()


def test_what_several_changes_make_depend_on_itself_is_found() -> None:
    key = 'resource "aws_kms_key" "k" {\n  policy = aws_iam_role.r.arn\n}\n'
    boundary = 'resource "aws_iam_policy" "b" {\n  policy = aws_kms_key.k.arn\n}\n'
    role = 'resource "aws_iam_role" "r" {\n  permissions_boundary = aws_iam_policy.b.arn\n}\n'
    through = (
        'module "m" {\n  arn = aws_sns_topic.t.arn\n}\nresource "aws_sns_topic" "t" {\n  name = module.m.name\n}\n'
    )
    for text, expected in ((key + role + through, set()), (key + boundary + role, {"aws_kms_key.k", "aws_iam_role.r"})):
        found = Dependencies(Module(".", [read(SourceText("main.tf", text))])).leading_to_circles()
        assert found >= expected
        assert bool(found) is bool(expected)
