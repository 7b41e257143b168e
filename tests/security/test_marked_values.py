"""A marked value of any type is printed nowhere, also not a bool, null, a number or the key of a map."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.bombs.stack import TRUST, plan, policy, role, row, task
from tests.cases import TESTDATA
from tests.laws import part
from tests.security.test_published import everything_published
from tfcheck.cli import main as cli

pytestmark = pytest.mark.usefixtures("checked_once")
CANARY, NUMBER = "canary-7f3a", 58231
VALUES: dict[str, Any] = {
    "text": CANARY,
    "number": NUMBER,
    "numbers": [NUMBER, 48151623],
    "yes": True,
    "null": None,
    "map": {f"{CANARY}-key": f"{CANARY}-value"},
    "object": {"yes": True, "number": NUMBER, "name": CANARY},
    "pattern": "(?P<canary>a)(?P<canary>b)",
    "template": "${canary}",
    "calling": "a ${canary()} b",
    "letter": "\u0130",
}
DATABASE: dict[str, Any] = {
    "port": NUMBER,
    "public": True,
    "none": None,
    "tags": {f"{CANARY}-key": "value"},
    "list": [True, NUMBER, None],
    "nested": [{"public": True, "port": NUMBER, "name": "d"}],
    "name": "main",
}
DATABASE_MASK = {each: True for each in DATABASE if each not in ("nested", "name")} | {
    "nested": [{"public": True, "port": True}]
}
#: What is written between `x` and `y` in the key of a file; Terraform marks all of these.
MARKED = (
    *("var.yes", "!var.yes", "var.yes && true", "var.yes == true", "var.number > 5", "local.hidden.yes"),
    *("var.number", "var.number + 1", "-var.number", "max(var.number, 3)", "var.numbers[0]", "local.hidden.number"),
    *('join("-", var.numbers)', 'join("-", local.raised)', "var.object.yes", "var.object.number", "tobool(var.yes)"),
    *('format("%v", var.yes)', 'format("%v", var.null)', "tostring(var.yes)", "jsonencode(var.yes)"),
    *("jsonencode(var.null)", "jsonencode({ a = var.yes, b = var.null, c = var.number })", "jsonencode(var.object)"),
    *("jsonencode(var.map)", "jsonencode([var.yes, 1])", "jsonencode({ (var.number) = 1 })", "yamlencode(var.map)"),
    *('join("-", keys(var.map))', 'join("-", [for k, v in var.map : k])', 'join("-", keys({ (var.text) = 1 }))'),
    *('var.yes ? "canary-yes" : "canary-no"', 'var.null == null ? "canary-yes" : "canary-no"', "anytrue([var.yes])"),
    *("alltrue([var.yes])", 'startswith(var.text, "can")', "jsondecode(jsonencode({ a = var.yes })).a"),
    *("merge({ a = var.yes }, {}).a", "flatten([[var.yes]])[0]", 'templatestring("$${f}", { f = var.yes })'),
    *("aws_db_instance.d.public", "aws_db_instance.d.port", "jsonencode(aws_db_instance.d.none)"),
    *("jsonencode(aws_db_instance.d.tags)", "jsonencode(aws_db_instance.d.list)", "jsonencode(aws_db_instance.d)"),
    *("aws_db_instance.d.nested[0].public", "aws_db_instance.d.nested[0].port", "one(aws_db_instance.d.nested).public"),
    *("jsonencode(aws_db_instance.d.nested)", 'join("-", keys(aws_db_instance.d.tags))'),
    *('aws_db_instance.d.public ? "canary-yes" : "canary-no"', "sha256(var.text)"),
)
#: What fails, or stays unknown, for a marked value: the reason must not quote it, nor may the name of the result.
UNDECIDED = (
    *('["a"][var.number]', 'regex(var.pattern, "a")', "templatestring(var.template, {})"),
    *("templatestring(var.calling, {})", "lower(var.letter)", "convert(var.object, object({ canary = string }))"),
    *("aws_db_instance.d.endpoints[var.number]", "aws_db_instance.d.endpoints[*].name[var.number]"),
    "max(var.number, aws_db_instance.d.endpoints[0])",
)
#: What is not marked, though what is beside it is.
SHOWN = {
    "aws_db_instance.d.name": "main",
    "aws_db_instance.d.nested[0].name": "d",
    "nonsensitive(length(var.map))": "1",
}
COMMANDS = (
    ["check", "--format", "json"],
    ["check", "--verbose", "--expand", "--strict", "--debug"],
    *(["check", "--format", each] for each in ("markdown", "html", "sarif", "junit", "github")),
    *(["fix"], ["fix", "--format", "json", "--grant-prefix"], ["diff"], ["diff", "--format", "markdown"]),
    *(["show", "--expand"], ["baseline", "--output", "-"]),
)
LEAKS = ("canary", str(NUMBER), str(NUMBER + 1), "48151623", "xtruey", "xfalsey", "xnully", '"public":true')


def configuration(expressions: list[str], action: str) -> str:
    keys = [f'"arn:aws:s3:::config/{index}x${{{each}}}y"' for index, each in enumerate(expressions)]
    files = ", ".join(f'{{ type = "s3", value = {each} }}' for each in keys)
    variables = "".join(f'variable "{each}" {{\n  sensitive = true\n}}\n' for each in VALUES)
    return f"""\
{variables}
locals {{
  hidden = {{ yes = sensitive(true), number = sensitive({NUMBER}) }}
  raised = [for each in var.numbers : each + 1]
}}

resource "aws_db_instance" "d" {{
  name = "main"
}}

resource "aws_iam_role" "execution" {{
  name               = "execution"
  assume_role_policy = jsonencode({json.dumps(TRUST).replace(": ", " = ")})
}}

resource "aws_iam_role_policy" "files" {{
  name   = "files"
  role   = aws_iam_role.execution.name
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "{action}", Resource = [{", ".join(keys)}] }}]
  }})
}}

resource "aws_ecs_task_definition" "app" {{
  family                = "app"
  execution_role_arn    = aws_iam_role.execution.arn
  container_definitions = jsonencode([{{ name = "app", image = "nginx", environmentFiles = [{files}] }}])
}}
"""


#: By default one half of what is marked is in the files that the role is allowed to read, the other in those that not.
TRIED = {"s3:GetObject": part(MARKED, 8), "s3:PutObject": part(MARKED, 8, first=4)}


@pytest.fixture(scope="module", params=TRIED)
def action(request: pytest.FixtureRequest) -> str:
    """Return what the role is allowed to do with the files: to read them, or not."""
    return str(request.param)


@pytest.fixture(scope="module")
def folder(action: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a plan with its sources."""
    return written_case(tmp_path_factory.mktemp("marked"), action, (*TRIED[action], *SHOWN))


def written_case(place: Path, action: str, expressions: Iterable[str] = (*MARKED, *SHOWN), *unknown: str) -> Path:
    """Write a plan with its sources; the role is allowed one action on all files."""
    database = row("aws_db_instance.d", DATABASE, *unknown)
    database["change"]["after_sensitive"] = DATABASE_MASK
    document = plan(role(), policy(None), task(None), database)
    document["configuration"]["root_module"]["variables"] = {each: {"sensitive": True} for each in VALUES}
    document["variables"] = {name: {"value": value} for name, value in VALUES.items()}
    (place / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    (place / "main.tf").write_text(configuration([*expressions], action), encoding="utf-8")
    return place


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_a_marked_value(
    command: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert cli.run([*command, "plan.json"]) in (0, 1)
    streams = capsys.readouterr()
    said = (streams.out + streams.err).replace("<wbr>", "")
    assert "arn:aws:s3:::config" in said or "(sensitive)" in said or command[-1] == "github"
    assert [each for each in LEAKS if each in said] == []


@pytest.mark.parametrize("expression", UNDECIDED)
@pytest.mark.parametrize("action", TRIED)
def test_what_a_marked_value_leaves_undecided_does_not_quote_it(
    action: str, expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(written_case(tmp_path, action, [expression], "endpoints"))
    for command in (["check", "--format", "json", "--debug"], ["fix"]):
        assert cli.run([*command, "plan.json"]) in (0, 1)
    said = "".join(capsys.readouterr())
    assert [each for each in (*LEAKS, "U+0130") if each in said.replace("{ canary = string }", "")] == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_a_piece_of_a_marked_arn(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of a secret's ARN that looks as if its six characters were missing is named by no part of the ARN."""
    case = TESTDATA / "gated-twice"
    shutil.copy(case / "main.tf", tmp_path)
    text = (case / "applied.plan.json").read_text(encoding="utf-8").replace("gated/mail-CSCiDY", f"gated/{CANARY}-end")
    document = json.loads(text)
    for each in document["resource_changes"]:
        if each["type"] == "aws_secretsmanager_secret":
            each["change"]["after"]["name"] = each["change"]["before"]["name"] = "gated/mail"
            each["change"]["after_sensitive"]["id"] = each["change"]["before_sensitive"]["id"] = True
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.run([*command, "plan.json"]) in (0, 1)
    said = "".join(capsys.readouterr()).replace("<wbr>", "")
    assert CANARY not in said


def test_what_is_beside_it_is_printed(
    action: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    cli.run(["check", "--format", "json", "plan.json"])
    said = capsys.readouterr().out
    marked = TRIED[action]
    shown = [f"config/{index}x(sensitive)y" for index, _ in enumerate(marked)]
    shown += [f"config/{index}x{text}y" for index, text in enumerate(SHOWN.values(), len(marked))]
    assert [each for each in shown if each not in said and each.replace("x(", "x(sensitive)-(") not in said] == []


@pytest.mark.parametrize("options", [["--write"], ["--write", "--move-grants"], ["--write", "--grant-prefix"]])
def test_no_fix_writes_a_marked_value(
    options: list[str],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    before = Path("main.tf").read_text(encoding="utf-8")
    assert cli.run(["fix", *options, "plan.json"]) in (0, 1)
    after = Path("main.tf").read_text(encoding="utf-8")
    assert [each for each in LEAKS if after.count(each) != before.count(each)] == []
    assert [each for each in LEAKS if each in "".join(capsys.readouterr())] == []


@pytest.mark.parametrize("options", [[], ["--move-grants"], ["--grant-prefix"]], ids=" ".join)
def test_no_question_shows_a_marked_value(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written_case(tmp_path, "s3:PutObject", SHOWN)
    main = (folder / "main.tf").read_text(encoding="utf-8")
    beside = f'  name   = "files"\n  tags = {{ token = "{CANARY}" }}\n'
    (folder / "main.tf").write_text(main.replace('  name   = "files"\n', beside), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO("?\nn\ny\na\n"))
    assert cli.run(["fix", "--interactive", *options, "plan.json"]) == 0
    said = "".join(capsys.readouterr())
    assert "Write this hunk" in said
    assert [each for each in LEAKS if each in said] == []


def test_nothing_that_is_published_shows_a_marked_value(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published = everything_published(folder, tmp_path, monkeypatch) + "".join(capsys.readouterr())
    assert "aws_ecs_task_definition.app" in published
    assert [each for each in LEAKS if each in published.replace("<wbr>", "")] == []
