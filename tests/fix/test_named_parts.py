"""What only one plan has in a text is written by the name that its module has for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, replaced
from tests.fix.test_existing_policy import fixes
from tests.rows import every_row
from tfcheck.fix.layout.render import text
from tfcheck.fix.needed_statements import Reference
from tfcheck.fix.text.policy_text import Syntax
from tfcheck.fix.values.module_texts import ModuleTexts, NamedParts
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import ModulePath

CASE = Case(TESTDATA / "ssm-parameters-known-account")
ACCOUNT, REGION = "data.aws_caller_identity.current.account_id", "data.aws_region.current.name"
SEEN = [
    ("var.path", "var.path", "acme-config/services"),
    ("var.stage", "var.stage", "prod"),
    ("var.team", "var.team", "core"),
    ("local.owner", "local.owner", "core"),
    ("local.deploy_region", "local.deploy_region", "us-west-1"),
]


def arn_in_parts(arn: str, *literals: str) -> str:
    plan = CASE.plan()
    parts = NamedParts(Resolver(plan, CASE.sources(plan)), ModulePath(), SEEN, lambda each: each in literals)
    return text(parts.use_names((arn,), lambda _: None))[1:-1]


def test_a_word_that_an_input_follows_is_one_of_the_module(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('locals {\n  bucket = "acme-${var.stage}-config"\n}\n')
    texts = ModuleTexts(Resolver(CASE.plan(), from_directory(tmp_path)), ModulePath())
    for word, is_known in (("acme", True), ("acm", False)):
        assert texts.has_literally((f"arn:aws:s3:::{word}-", Reference("var.stage"), "-config")) is is_known


@pytest.mark.parametrize(
    ("arn", "literals", "expected"),
    [
        (
            "arn:aws:ecr:ap-northeast-1:123456789012:repository/api",
            ("repository", "api"),
            f"arn:aws:ecr:${{{REGION}}}:${{{ACCOUNT}}}:repository/api",
        ),
        # a literal of the module is meant
        (
            "arn:aws:ecr:ap-northeast-1:123456789012:repository/api",
            ("repository", "api", "123456789012", "ap-northeast-1"),
            "arn:aws:ecr:ap-northeast-1:123456789012:repository/api",
        ),
        # another region and account
        ("arn:aws:ecr:us-west-1:111122223333:x", ("x",), "arn:aws:ecr:${local.deploy_region}:111122223333:x"),
        ("arn:aws:s3:::acme-config", (), 'arn:aws:s3:::${split("/", var.path)[0]}'),
        ("arn:aws:s3:::files/prod/app.env", ("files", "app.env"), "arn:aws:s3:::files/${var.stage}/app.env"),
        # two names have that value
        ("arn:aws:s3:::files/core/app.env", ("files", "app.env"), "arn:aws:s3:::files/core/app.env"),
        ("arn:aws:s3:::files/production", ("files",), "arn:aws:s3:::files/production"),
        ("files/prod", ("files",), "files/${var.stage}"),
        # what precedes the ending of a file is a name too
        ("arn:aws:s3:::files/prod.env", ("files",), "arn:aws:s3:::files/${var.stage}.env"),
        ("arn:aws:s3:::files/prod.env", ("files", "prod.env"), "arn:aws:s3:::files/prod.env"),
    ],
)
def test_parts_that_the_module_does_not_contain_are_named(arn: str, literals: tuple[str, ...], expected: str) -> None:
    assert arn_in_parts(arn, *literals) == expected


HEREDOC = """
variable "stage" {
  default = "prod"
}

locals {
  text = <<EOF
{"comment": "of ${var.stage}", "file": "arn:aws:s3:::acme-config/orders/${var.stage}.env"}
EOF
}
"""


def test_a_text_in_json_is_written_as_it_is_there(tmp_path: Path) -> None:
    folder = copied("literal-missing", tmp_path)
    replaced(folder / "main.tf", '"arn:aws:s3:::acme-config/orders/prod.env"', "jsondecode(local.text).file")
    with (folder / "main.tf").open("a") as file:
        file.write(HEREDOC)
    (found,) = (each.fix for each in fixes(folder))
    assert 'Resource = ["arn:aws:s3:::acme-config/orders/${var.stage}.env"]' in found.diff
    assert found.safety == "safe"


@every_row(
    ("syntax", "written"),
    [
        (Syntax.HCL, r'"a\"\\\u202e\u001b\u009b\u0008\U000e0041$${b}é"'),
        (Syntax.JSON, r'"a\"\\\u202e\u001b\u009b\b\udb40\udc41$${b}é"'),
        (Syntax.TF_JSON, r'"a\"\\\u202e\u001b\u009b\b\udb40\udc41$${b}é"'),
    ],
)
def test_what_nobody_sees_is_escaped(syntax: Syntax, written: str) -> None:
    assert text(('a"\\\u202e\x1b\x9b\b\U000e0041${b}é',), syntax) == written


def test_no_statement_names_what_is_ephemeral(tmp_path: Path) -> None:
    """Terraform refuses it in an argument of a resource, also by way of a local value."""
    folder = copied("format-and-partition", tmp_path)
    before = "".join(each.fix.diff for each in fixes(folder))
    assert "${var.environment}" in before
    assert "${local.release}" in before
    for name in ("environment", "git_ref"):
        replaced(folder / "main.tf", f'variable "{name}" {{\n', f'variable "{name}" {{\n  ephemeral = true\n')
    after = "".join(each.fix.diff for each in fixes(folder))
    assert [each for each in ("var.environment", "local.release", "local.folder") if f"${{{each}}}" in after] == []
