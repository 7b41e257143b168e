"""Every command that writes JSON has `--query`, which needs no `--format`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cases import TESTDATA
from tests.cli.test_new_only import commands
from tfcheck.cli.main import main, run

pytestmark = pytest.mark.usefixtures("checked_once")
ROOT = TESTDATA.parent
STOPPED = "ResourceInitializationError: failed to download env files: AccessDenied"
#: Of each command, arguments and a query, with what it selects.
RUNS: dict[str, tuple[list[str], str, Any]] = {
    "check": (["plan.json"], "summary.errors", 1),
    "report": (["saved.json"], "summary.errors", 1),
    "diff": (["plan.json"], "length(access_changes)", 6),
    "show": (["plan.json"], "task_definitions[].address", ["aws_ecs_task_definition.orders"]),
    "explain": ([STOPPED, "plan.json"], "plans[0].findings[].rule", ["env-file"]),
    "fix": (["plan.json"], "changed", None),
    "rules": ([], "[?id=='env-file'].kind", ["permission"]),
    "config": (["plan.json"], "rules_off", []),
}


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = shutil.copytree(TESTDATA / "literal-missing", tmp_path / "case")
    monkeypatch.chdir(folder)
    run(["plan.json", "--format", "json", "--output", "saved.json"])
    return folder


def test_every_command_with_json_has_it() -> None:
    having = {}
    for name, of in commands(main):
        options = {option: each for each in of.params for option in each.opts}
        form = options.get("--format")
        if form is not None and isinstance(form.type, click.Choice) and "json" in form.type.choices:
            having[name] = "--query" in options
    assert having == dict.fromkeys(RUNS, True)


@pytest.mark.parametrize("command", RUNS)
def test_it_selects_from_the_json(command: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, query, selected = RUNS[command]
    assert run([command, *arguments, "--query", query]) in (0, 1)
    assert json.loads(capsys.readouterr().out) == selected
    run([command, *arguments, "--format", "json"])
    whole = json.loads(capsys.readouterr().out)
    run([command, *arguments, "--query", "@"])
    assert json.loads(capsys.readouterr().out) == whole


@pytest.mark.parametrize("command", RUNS)
def test_what_is_not_jmespath_is_refused(command: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, *RUNS[command][0], "--query", "["]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("error: `--query [` does not work: ")


@pytest.mark.parametrize("command", RUNS)
def test_another_format_on_the_command_line_is_refused(
    command: str, case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, *RUNS[command][0], "--format", "text", "--query", "@"]) == 2
    assert capsys.readouterr().err == "error: `--query` picks from JSON\nhint: leave out `--format text`\n"


def test_a_format_of_the_configuration_file_gives_way(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tfcheck.toml").write_text("format = 'markdown'\n", encoding="utf-8")
    assert run(["plan.json", "--query", "summary.errors"]) == 1
    assert capsys.readouterr().out == "1\n"
    assert run(["config", "--query", "settings[?source=='file'].[key, place]"]) == 0
    assert json.loads(capsys.readouterr().out) == [["format", "tfcheck.toml:1"]]


def test_one_rule_is_an_object_with_its_manual(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "env-file", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"id", "kind", "title", "manual", "url"}
    assert found["url"].startswith("https://docs.aws.amazon.com/")


def test_an_explanation_without_a_plan_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", STOPPED, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["plans"] == []
    assert found["rules"][0] == "env-file"


@pytest.mark.long
def test_changes_that_are_written_are_counted(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "--write", "plan.json", "--query", "changed"]) == 0
    assert capsys.readouterr() == ("1\n", "")
    assert run(["fix", "--interactive", "plan.json", "--query", "changed"]) == 2
    assert capsys.readouterr().err.startswith("error: --interactive shows each change")


HOPELESS = {
    "compared in comparisons": "==".join(["(@"] * 40) + ")" * 40,
    "brackets": "[" * 5000 + "@" + "]" * 5000,
    "parentheses": "(" * 5000 + "@" + ")" * 5000,
    "negations": "!" * 30_000 + "a",
    "pipes": "@" + "|@" * 30_000,
    "deep data": "@" + "|[@]" * 900,
    "deep literal": "`" + "[" * 20_000 + "`",
    "long number": "findings[" + "9" * 5000 + "]",
    "no step": "findings[::0]",
    "no data": "[&a]",
    "no data in a function": "to_string(&a)",
    "other types": "avg(keys(@))",
    "control characters": "a\x1b[31m\n::error::x",
}


@pytest.mark.long
@pytest.mark.parametrize("name", HOPELESS)
def test_a_query_that_is_not_a_query_or_too_deep_ends_in_one_line(
    name: str, case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(["plan.json", "--query", HOPELESS[name]])
    streams = capsys.readouterr()
    if status == 1:  # as without a query
        assert len(streams.out) < 1000
        return
    assert status == 2
    assert streams.out == ""
    assert re.fullmatch(r"error: [ -~]+\nhint: [ -~]+\n", streams.err)
