"""What a plan marks as sensitive is printed nowhere, even where the mark was lost on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cases import TESTDATA
from tests.plan.made import declared
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.analysis.redaction import Redactor
from tfcheck.cli import main
from tfcheck.cli.report import FORMATS
from tfcheck.hcl.formats.json import decode, encode
from tfcheck.plan import load
from tfcheck.resolve.sensitive_parts import narrow_mark
from tfcheck.symbolic.marks import marked_strings
from tfcheck.symbolic.sensitive_text import Sensitive, redact
from tfcheck.symbolic.value import Unknown, display, text
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, ActionOnResource, RoleSwitch
from tfcheck.vocabulary.finding import Skipped, Unread
from tfcheck.vocabulary.waiver import WaiverUse

SECRET = "canary-5e1f09"


def test_a_long_string_is_replaced_anywhere() -> None:
    found = Redactor([SECRET]).text(f"arn:aws:s3:::acme{SECRET}x/app.env")
    assert found == "arn:aws:s3:::acme(sensitive)x/app.env"


@every_row(
    ("said", "shown"),
    [
        ("arn:aws:s3:::b/blue/app.env", "arn:aws:s3:::b/(sensitive)/app.env"),
        ("blue", "(sensitive)"),
        ("container `blue`", "container `(sensitive)`"),
        ("a blue role", "a blue role"),
        ("arn:aws:s3:::b/bluebird/app.env", "arn:aws:s3:::b/bluebird/app.env"),
        ("module.blue.aws_iam_role.blue is not allowed", "module.blue.aws_iam_role.blue is not allowed"),
        ("${aws_s3_bucket.blue.arn}/blue/x", "${aws_s3_bucket.blue.arn}/(sensitive)/x"),
    ],
)
def test_a_short_string_is_replaced_where_it_is_a_part_of_its_own(said: str, shown: str) -> None:
    assert Redactor(["blue"], ["aws_iam_role", "aws_s3_bucket"]).text(said) == shown


@every_row(
    ("said", "shown"),
    [
        (f'`module.{SECRET}["{SECRET}"].aws_iam_role.{SECRET}[0].arn`', None),
        (f"`aws_iam_role.{SECRET}`, `data.aws_iam_role.{SECRET}`", None),
        ("`module.web`, `aws_iam_role.web`", None),
        (f"`module.x{SECRET}`", "`module.x(sensitive)`"),
        (f"`aws_iam_role.a{SECRET}`", "`aws_iam_role.a(sensitive)`"),
        (f"`aws_iam_role.{SECRET}.x{SECRET}`", f"`aws_iam_role.{SECRET}.x(sensitive)`"),
        (f'`module.{SECRET}["x{SECRET}"].aws_iam_role.web`', f'`module.{SECRET}["x(sensitive)"].aws_iam_role.web`'),
    ],
)
def test_what_is_only_written_like_an_address_is_replaced(said: str, shown: str | None) -> None:
    addresses = f'module.{SECRET}["{SECRET}"].aws_iam_role.{SECRET}[0]', f"data.aws_iam_role.{SECRET}"
    assert Redactor([SECRET], ["aws_iam_role"], lambda: addresses).text(said) == (shown or said)


@every_row(
    ("written", "shown"),
    [
        (r'"b/ca\"na\\r$${y}\u2028\U000e0041"', "(sensitive)"),
        (r'"b/ca\"na\\r${y}\u2028\udb40\udc41"', "(sensitive)"),
        (r'"b/ca\\\"na\\\\r$${y}\\u2028\\U000e0041"', "(sensitive)"),
        ('"b/ca"na\\r${y}\u2028\U000e0041"', '"b/(sensitive)"'),
        (r'"b/ca\"na\\r$${x}\u2028" \UFFFFFFFF', r'"b/ca\"na\\r$${x}\u2028" \UFFFFFFFF'),
    ],
)
def test_a_string_is_found_as_code_writes_it(written: str, shown: str) -> None:
    found = Redactor(['ca"na\\r${y}\u2028\U000e0041']).text(f"Effect = Allow\n{written}\n}}")
    assert found == f"Effect = Allow\n{shown}\n}}"


SECRETS = (
    *("abc", "abcd", "abcdefgh", "abcdefghij", "abcdefghijABC", "abd", "xyz"),
    *("arn:aws:s3:::b", "arn:aws:s3:::bucket/key"),
)


@every_row(
    ("said", "shown"),
    [
        ("abcdefghijk", "(sensitive)k"),
        ("abcdefghik", "(sensitive)ik"),
        ("/abcd/abc/abce/abd", "/(sensitive)/(sensitive)/abce/(sensitive)"),
        ("xabcdefghi", "x(sensitive)i"),
        ("arn:aws:s3:::bucket/ke", "(sensitive)ucket/ke"),
        ("arn:aws:s3:::a", "arn:aws:s3:::a"),
        ("ab", "ab"),
    ],
)
def test_of_secrets_that_begin_alike_the_longest_is_replaced(said: str, shown: str) -> None:
    assert Redactor(SECRETS).text(said) == shown


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (["a" * length + "b" for length in range(8, 4_000)], "a" * 20_000),
        (["a" * length for length in range(3, 4_000)], ("a" * 100 + "b") * 1_000),
        (["z" * length + "y" for length in range(8, 4_000)], "z" * 20_000),
        (["n" * 1_000_000 + "x"], "n" * 1_000_000),
    ],
)
def test_what_takes_too_long_to_search_is_hidden(secrets: list[str], said: str) -> None:
    found = Redactor(secrets).text(said)

    assert len(found) < len(said)
    assert "(sensitive)" in found


@every_row("common", ["", "5", "ab", "true", "null", "8080"])
def test_what_is_too_common_is_not_looked_for(common: str) -> None:
    assert not Redactor([common])


def test_cutting_and_concatenating_keep_the_mark() -> None:
    key = "services/" + Sensitive("tenant-1") + "/app.env"
    assert redact(key) == "services/(sensitive)/app.env"
    assert [redact(part) for part in key.split("/")] == ["services", "(sensitive)", "app.env"]
    assert redact(key.rpartition("/")[0].upper()) == "SERVICES/(sensitive)"
    assert (
        display(text(["x/", key, Unknown(symbol("aws_x.y", ("id",)))])) == "x/services/(sensitive)/app.env${aws_x.y.id}"
    )


def test_json_keeps_the_marks_of_its_leaves() -> None:
    written_text = encode({"a": Sensitive('x"y'), "b": ["p", "q" + Sensitive("r")]})
    assert isinstance(written_text, str)
    assert redact(written_text) == '{"a":"(sensitive)","b":["p","q(sensitive)"]}'
    found = decode(written_text)
    assert found == {"a": 'x"y', "b": ["p", "qr"]}
    assert list(marked_strings(found)) == ['x"y', "r"]


def test_a_planned_text_is_marked_where_its_sources_are() -> None:
    planned = Sensitive(f'[{{"cpu":0,"environment":[{{"name":"P","value":"{SECRET}"}}],"image":"nginx:1"}}]')
    sources = encode([{"image": "nginx:1", "environment": [{"name": "P", "value": Sensitive(SECRET)}]}])
    assert redact(narrow_mark(planned, sources)) == str(planned).replace(SECRET, "(sensitive)")
    assert narrow_mark(planned, "no mark at all") is planned


@pytest.mark.usefixtures("own_directory")
@pytest.mark.parametrize("plan", ["plan.json", "applied.plan.json"])
def test_no_format_shows_what_another_resource_marks(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key of the file is made from a password: the plan marks the password, and shows the key."""
    document: dict[str, Any] = json.loads(
        (TESTDATA / "literal-missing" / plan)
        .read_text(encoding="utf-8")
        .replace("orders/prod.env", f"{SECRET}/prod.env")
    )
    near = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::acme-config/{SECRET}/near.env"}
    for values in (each["change"]["after"] for each in document["resource_changes"]):
        if "policy" in values:
            values["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [near]})
    change = {
        "after": {"password": SECRET},
        "before": None,
        "actions": ["create"],
        "after_sensitive": {"password": True},
    }
    row = {"address": "aws_db_instance.d", "mode": "managed", "type": "aws_db_instance", "name": "d", "change": change}
    document["resource_changes"].append(row)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(declared(document)), encoding="utf-8")
    assert SECRET in load(path).plans[0].secrets()
    for form in (["text"], ["json"], *([each] for each in FORMATS)):
        main.run(["--format", *form, str(path)])
        streams = capsys.readouterr()
        out = streams.out.replace("<wbr>", "")  # where a page for a browser may break a name
        assert SECRET not in out + streams.err
        assert "(sensitive)" in out or form[0] in ("junit", "github")


def test_constants_for_sensitive_variables_of_modules_are_marked(tmp_path: Path) -> None:
    def call(expressions: dict[str, object], **calls: object) -> dict[str, object]:
        variables = {"password": {"default": "by-default", "sensitive": True}, "name": {"default": "plain"}}
        module = {"variables": variables, "module_calls": calls}
        return {"source": "./m", "expressions": expressions, "module": module}

    inner = call({"password": {"constant_value": SECRET}, "name": {"constant_value": "shown"}})
    outer = call({"password": {"references": ["var.x"]}}, inner=inner)
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [],
        "configuration": {"root_module": {"module_calls": {"outer": outer, "other": call({})}}},
    }
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert load(path).plans[0].secrets() == {SECRET, "by-default"}


@every_row(
    "part",
    [
        AccessUnknown("aws_iam_role.r", f"policy {SECRET}, which is not in the plan"),
        Skipped("aws_ecs_task_definition.t", f"`{SECRET}` is not JSON"),
        RoleSwitch("aws_ecs_task_definition.t", f"arn:aws:iam::123456789012:role/{SECRET}", None),
        AccessChange("aws_iam_role.r", f"s3:{SECRET}", "*", "granted", kept=(ActionOnResource(SECRET, "*"),)),
        Unread("plan.json", f"`{SECRET}` is not a number"),
        WaiverUse("env-file", f"for {SECRET}", None, "main.tf", 1, 1, "used"),
    ],
)
def test_no_text_of_a_report_is_left_out(part: msgspec.Struct) -> None:
    shown = repr(Redactor([SECRET]).report(part))
    assert SECRET not in shown
    assert "(sensitive)" in shown


@every_row("word", ["prod", "Production", "staging", "debug", "true", "eu-west-1", "us-gov-west-1", "8080"])
def test_a_word_that_names_no_secret_stays(word: str) -> None:
    said = f"arn:aws:s3:::b/{word}/app.env"
    assert Redactor([word]).text(said) == said
