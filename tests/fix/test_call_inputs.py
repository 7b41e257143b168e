"""What the role of a module lacks is passed by an input that the module has for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.test_place import copied, fixes, replaced
from tfcheck.fix.unplanned import unplanned
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import parse

CASES = {
    "module-accepts-files": [
        "execution_statements = [",
        'actions   = ["s3:GetObject"]',
        'resources = ["${aws_s3_bucket.config.arn}/web.env"]',
    ],
    "name-or-prefix": ['{ actions = ["s3:GetBucketLocation"], resources = [aws_s3_bucket.config.arn] },'],
    "inputs-of-modules": [
        "readSecrets = {",
        "resources = [aws_secretsmanager_secret.api.arn]",
        'secret_arns = [aws_secretsmanager_secret.worker["queue"].arn, aws_secretsmanager_secret.worker["token"].arn]',
        'secret_arns = [aws_secretsmanager_secret.worker["token"].arn]',
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_lacking_is_passed(case: str, tmp_path: Path) -> None:
    found = [each.fix for each in fixes(copied(case, tmp_path)) if each.fix.title.startswith("pass what ")]
    added = [line[1:].strip() for each in found for line in each.diff.splitlines() if line.startswith("+")]
    assert all(each in added for each in CASES[case]), added
    assert {(each.safety, each.proven) for each in found} == {("review", True)}


def test_a_key_that_another_caller_may_not_pass_needs_a_review(tmp_path: Path) -> None:
    folder = copied("inputs-of-modules", tmp_path)
    module = folder / "modules" / "service" / "main.tf"
    replaced(module, 'variable "secret_arns" {\n  type    = list(string)', 'variable "secret_arns" {\n  type    = any')
    (found,) = (each.fix for each in fixes(folder) if "module.sweeper" in each.fix.title)
    assert found.title.endswith("; it names var.secrets.TOKEN, which another plan of these files may not have")
    assert found.safety == "review"


def test_statements_below_one_on_one_line_leave_it_aligned(tmp_path: Path) -> None:
    folder = copied("inputs-of-modules", tmp_path)
    text = (folder / "main.tf").read_text()
    written = text[text.index("    logs = {") : text.index("    }\n", text.index("    logs = {")) + 6]
    on_one_line = '    logs = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["*"] }\n'
    replaced(folder / "main.tf", written, on_one_line)
    (found,) = (each.fix for each in fixes(folder) if "policy_statements" in each.fix.title)
    lines = found.diff.splitlines()
    assert "+    readSecrets = {" in lines
    assert not [each for each in lines if each.startswith("-") and not each.startswith("---")]


def test_a_count_that_no_plan_could_have_is_not_listed(tmp_path: Path) -> None:
    folder = copied("inputs-of-modules", tmp_path)
    replaced(folder / "modules" / "service" / "main.tf", "length(var.secret_arns) > 0 ? 1 : 0", "1000000000000")
    resolver = Resolver(Case(TESTDATA / folder.name).plan(), from_directory(folder))
    assert unplanned(parse("module.sweeper.aws_iam_role.execution").module, resolver) == []
