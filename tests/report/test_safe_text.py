from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tfcheck.report.json import encode
from tfcheck.report.markdown.escape import fence
from tfcheck.report.safe_text import is_visible, quotable, visible, visible_source


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
def test_no_string_shows_with_anything_around_it(before: str, after: str) -> None:
    # Before the string every quote is closed, as in a line that Terraform accepts.
    balanced = before.replace('"', "").replace("\\", "")
    assert "hunter2" not in quotable(f'name = {balanced}"hunter2"{after}')


#: The property Default_Ignorable_Code_Point of Unicode 17.
_IGNORABLE = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


def test_every_character_that_shows_nothing_is_escaped() -> None:
    hidden = [*(chr(each) for first, last in _IGNORABLE for each in range(first, last + 1)), "\u2800", "\U0001d159"]
    for char in hidden:
        assert visible(f"pay{char}roll") == f"pay{ascii(char)[1:-1]}roll"
        assert json.loads(encode({char: char})) == {char: char}
        assert char not in encode(f"pay{char}roll")
        assert not is_visible(f"pay{char}roll")


@every_row(
    ("text", "shown"),
    [
        ("\u0301x", "\\u0301x"),
        ("a-\u0338b", "a-\\u0338b"),
        ("a \u20dd\u0301", "a \\u20dd\\u0301"),
        ("\u3164\u0301", "\\u3164\\u0301"),
        ("a\ufe0f", "a\\ufe0f"),
        ("\u2800\ufe0f", "\\u2800\\ufe0f"),
        ("\u26a0\ufe0f\ufe0f", "\u26a0\ufe0f\\ufe0f"),
        ("\u26a0-\ufe0f", "\u26a0-\\ufe0f"),
        ("a-b\u0301-\u0301", "a-b\u0301-\\u0301"),
    ],
)
def test_a_mark_that_belongs_to_nothing_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@every_row(
    ("text", "shown"),
    [
        ("aws_iam_role.\u0435xecution", "aws_iam_role.\\u0435xecution"),
        ("arn:aws:s3:::\u0430cme/p\u03bfy", "arn:aws:s3:::\\u0430cme/p\\u03bfy"),
        ("\uff41dmin", "\\uff41dmin"),
        ("\U0001d41dev", "\\U0001d41dev"),
    ],
)
def test_a_letter_that_looks_like_a_latin_one_beside_it_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible_source(text) == text
    assert fence(text) == f"```\n{text}\n```"


@every_row(
    "name",
    [
        *("\u043e\u043f\u043b\u0430\u0442\u0430", "ecs-\u0440\u043e\u043b\u044c", "ECS\u30bf\u30b9\u30af", "5 \u00b5s"),
        *(
            "zahlung-\u00fc",
            "re\u0301sume\u0301",
            "\u0938\u093f\u0930\u094d\u0935\u0930",
            "\u0e1a\u0e31\u0e0d\u0e0a\u0e35",
        ),
        *(
            "\uacb0\uc81c",
            "\u652f\u6255\u3044",
            "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
            "\u26a0\ufe0f",
            "\u0627\u0644\u062f\u064e\u0641\u0639",
            "a\\b",
        ),
    ],
)
def test_names_in_any_script_stay_as_they_are(name: str) -> None:
    assert visible(name) == name
    assert is_visible(name)
    assert json.loads(encode(name)) == name
    assert name in encode(name) or "\\" in name
