"""`--new-only`: what was already broken before a change does not fail it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from json import loads as decode
from pathlib import Path

import click
import msgspec
import pytest

from tests.cases import TESTDATA
from tests.report.samples import BROKEN, report, unknown
from tfcheck.cli.main import main, run
from tfcheck.report.json import json
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Report, Verdict

pytestmark = pytest.mark.usefixtures("checked_once")


def changed(found: Report, change: str | None) -> Report:
    findings = tuple(msgspec.structs.replace(each, change=change) for each in found.findings)
    return msgspec.structs.replace(found, findings=findings)


@pytest.mark.parametrize(("change", "failing"), [("introduced", True), (None, True), ("existing", False)])
def test_only_what_was_already_broken_is_passed_over(change: str | None, failing: bool) -> None:
    found = changed(BROKEN, change)
    assert FailOptions(new_only=True).fail([found]) is failing
    assert FailOptions().fail([found])


def test_an_answer_that_was_unknown_before_is_passed_over_too() -> None:
    before = msgspec.structs.replace(unknown(), before=Verdict.UNKNOWN)
    assert not FailOptions(strict=True, new_only=True).fail([report(before)])
    assert FailOptions(strict=True, new_only=True).fail([report(unknown())])
    assert FailOptions(strict=True).fail([report(before)])


@pytest.mark.parametrize(
    ("plan", "status"), [("regression-on-update/plan.json", 1), ("regression-on-update/applied.plan.json", 0)]
)
def test_a_plan_that_changes_nothing_passes(plan: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(TESTDATA / plan), "--new-only"]) == status
    assert run([str(TESTDATA / plan)]) == 1
    capsys.readouterr()


def saved(folder: Path, change: str) -> str:
    file = folder / f"{change}.json"
    file.write_text(json(changed(BROKEN, change)), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("command", [["report"], ["comment", "--dry-run"]])
def test_saved_reports_pass_alike(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    existing, introduced = saved(tmp_path, "existing"), saved(tmp_path, "introduced")
    assert [run([*command, "--new-only", file]) for file in (existing, introduced)] == [0, 1]
    assert run([*command, "--new-only", existing, introduced]) == run([*command, existing]) == 1
    capsys.readouterr()


COMMANDS = ["check", "report", "comment", "github", "atlantis plan", "atlantis policy-check"]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a case of its own, outside any job of a server."""
    for name in [each for each in os.environ if each.startswith(("GITHUB_", "TFCHECK_"))]:
        monkeypatch.delenv(name)
    folder = shutil.copytree(TESTDATA / "regression-on-update", tmp_path / "case")
    monkeypatch.chdir(folder)
    return folder


def gated(command: str, plan: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Run a command on a plan, and return its exit status."""
    if command in ("report", "comment"):
        run(["check", plan, "--format", "json", "--output", "saved.json"])
        return run([command, *(["--dry-run"] if command == "comment" else []), *options, "saved.json"])
    if command == "github":
        environment = {
            "TFCHECK_PLAN": plan,
            "TFCHECK_COMMENT": "off",
            "TFCHECK_NEW_ONLY": str("--new-only" in options).lower(),
        }
    else:
        environment = {
            "SHOWFILE": os.path.abspath(plan),
            "PLANFILE": os.path.abspath("tfplan"),
            "BASE_REPO_NAME": "infra",
        }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if command == "check":
        return run(["check", plan, *options])
    gate = ["--fail-on", "error"] if command == "atlantis plan" else []
    return run([*command.split(), *gate, *(() if command == "github" else options)])


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_change_breaks_fails_every_command_and_what_was_already_broken_none(
    command: str, case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = []
    for plan, options in (
        ("plan.json", ()),
        ("plan.json", ("--new-only",)),
        ("applied.plan.json", ()),
        ("applied.plan.json", ("--new-only",)),
    ):
        status = gated(command, plan, monkeypatch, *options)
        said = capsys.readouterr().out
        failing.append("\nFAIL - " in f"\n{said}" if command == "atlantis policy-check" else bool(status))
        assert status in (0, 1)
    assert failing == [True, True, True, False]


def commands(of: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    if isinstance(of, click.Group):
        context = click.Context(of)
        for each in of.list_commands(context):
            found = of.get_command(context, each)
            assert found is not None
            yield from commands(found, f"{name} {each}".strip())
    else:
        yield name, of


def test_every_command_that_fails_on_findings_has_it() -> None:
    options = {name: {each for param in of.params for each in param.opts} for name, of in commands(main)}
    failing = {name for name, found in options.items() if "--fail-on" in found}
    assert failing == {name for name, found in options.items() if "--new-only" in found}
    assert failing >= {"check", "report", "comment", "atlantis plan", "atlantis policy-check"}


def test_one_change_fails_for_what_it_breaks_and_not_for_what_it_leaves_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = str(TESTDATA / "access-changed" / "plan.json")
    assert run([plan, "--new-only", "--format", "json"]) == 1
    found = decode(capsys.readouterr().out)
    errors = [(each["task_definition"], each["change"]) for each in found["findings"] if each["severity"] == "error"]
    assert errors == [
        ('aws_ecs_task_definition.service["web"]', "introduced"),
        ('aws_ecs_task_definition.service["search"]', "existing"),
    ]
