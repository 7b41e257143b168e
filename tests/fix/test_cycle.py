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
