from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tfcheck.report.safe_text import quotable


@every_row(
    "source",
    [
        'resource "aws_iam_role_policy" "env_file" {',
        "  statement {",
        "  container_definitions = jsonencode([",
        "  role = aws_iam_role.execution.id",
        '  value = "arn:aws:s3:::acme-config/web/prod.env"',
        '  resources = ["arn:aws:s3:::acme-config/*", "arn:aws:s3:::x"]',
        "  policy = data.aws_iam_policy_document.env[0].json",
    ],
)
def test_names_references_and_arns_are_shown(source: str) -> None:
    assert quotable(source) == source


@every_row(
    ("source", "shown"),
    [
        ('  environment = [{ name = "DB", value = "hunter2" }]', '  environment = [{ name = "…", value = "…" }]'),
        ('\tvalue = "hunter2" # hunter2', '    value = "…"'),
        ('value = "a\\"hunter2"', 'value = "…"'),
        ('value = "hunter2', 'value = "…"'),
        ('value = "${var.live ? "hunter2" : "x${"hunter2"}"}" == var.a', 'value = "…" == var.a'),
        ('value = "$${" == "hunter2"', 'value = "…" == "…"'),
        ('value = "%{ if a == "hunter2" }b%{ endif }", 5', 'value = "…", …'),
        ('value = "${merge({ a = "hunter2" }, {})["a"]}${', 'value = "…"'),
        ("pin = 31337", "pin = …"),
        ('{"name": "DB", "value": "hunter2"}', ""),
        ("DB_PASSWORD hunter2", ""),
        ('variable "x" { default = "hunter2" }', ""),
        ('"value": "hunter2",', '"value": "…",'),
        ('"hunter2": "hunter2",', '"…": "…",'),
        ('"${jsonencode([\\"hunter2\\"])}": "hunter2"', ""),
        ('value = "arn:aws:x" // "hunter2"', 'value = "arn:aws:x"'),
        ("hunter2", ""),
    ],
)
def test_what_may_be_secret_is_not(source: str, shown: str) -> None:
    assert quotable(source) == shown


@given(st.text("ab =\"{}[]\\:#$,/*'"), st.text("ab =\"{}[]\\:#$,/*'"))
def test_no_string_shows_whatever_stands_around_it(before: str, after: str) -> None:
    # Before the string every quote is closed, as in a line that Terraform accepts.
    balanced = before.replace('"', "").replace("\\", "")
    assert "hunter2" not in quotable(f'name = {balanced}"hunter2"{after}')
