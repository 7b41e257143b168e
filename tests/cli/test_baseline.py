"""A baseline from the first run to the last finding, on every command that fails on findings."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.cases import TESTDATA
from tests.cli.test_new_only import COMMANDS, commands
from tests.laws import tries
from tests.report.hostile import reports as forged
from tfcheck.analysis.baseline import Baseline, compare, entries
from tfcheck.atlantis.fence import fence
from tfcheck.cli.main import main, run
from tfcheck.cli.report import FORMATS
from tfcheck.report.markdown import markdown
from tfcheck.report.text import text
from tfcheck.vocabulary.finding import Report, Severity

pytestmark = pytest.mark.usefixtures("checked_once")
FILE = "tfcheck-baseline.json"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a case of its own with a baseline of its plan, outside any job of a server."""
    for name in [each for each in os.environ if each.startswith(("GITHUB_", "TFCHECK_"))]:
        monkeypatch.delenv(name)
    folder = shutil.copytree(TESTDATA / "services-alike", tmp_path / "case")
    monkeypatch.chdir(folder)
    assert run(["baseline", "plan.json"]) == 0
    return folder


def without(name: str) -> None:
    """Take what is about one service out of the baseline."""
    lines = Path(FILE).read_text(encoding="utf-8").split("\n")
    Path(FILE).write_text("\n".join(each for each in lines if name not in each), encoding="utf-8")


def granted(name: str) -> str:
    """Return a later plan whose role of one service may do everything."""
    plan: dict[str, Any] = json.loads(Path("applied.plan.json").read_bytes())
    for each in plan["resource_changes"]:
        if each["address"] == f'aws_iam_role_policy.execution["{name}"]':
            policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
            for side in ("before", "after"):
                each["change"][side]["policy"] = json.dumps(policy)
    Path("later.json").write_text(json.dumps(plan), encoding="utf-8")
    return "later.json"


def test_what_is_there_is_written_once_and_hidden_from_then_on(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["baseline", "plan.json"]) == 0
    assert capsys.readouterr().err == f"{FILE}: 12 findings in the baseline\n"
    for plan in ("plan.json", "applied.plan.json"):
        assert run([plan, "--baseline", FILE]) == 0
        lines = capsys.readouterr().out.split("\n")
        assert lines[0] == f"{plan}: nothing new, but 4 of 4 task definitions will not start"
        assert lines[-3:-1] == ["4 other permissions checked.", "12 findings in the baseline are not shown."]
    assert run(["plan.json", "--baseline", FILE, "--fail-on", "info", "-q"]) == 0
    assert "12 findings in the baseline are not shown." in capsys.readouterr().out


def test_what_is_new_is_reported_and_fails(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without("svc01")
    assert run(["plan.json", "--baseline", FILE]) == 1
    shown = capsys.readouterr().out
    assert " ".join(shown.split()).startswith(
        "plan.json: 4 of 4 task definitions will not start; 1 of 4 task definitions has new"
    )
    assert "svc01" in shown
    assert "svc02" not in shown
    assert "2 errors: 2 required permissions missing, 1 recommended.\n9 findings in the baseline are" in shown


def test_what_is_fixed_is_counted_and_taken_out(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = granted("svc00")
    assert run([later, "--baseline", FILE]) == 0
    assert "3 baseline findings are fixed; update with `tfcheck baseline --update`." in capsys.readouterr().out
    before = Path(FILE).read_text(encoding="utf-8").split("\n")
    without("svc02")
    assert run(["baseline", "--update", later]) == 0
    assert capsys.readouterr().err == f"{FILE}: 3 findings removed, 6 left in the baseline; 3 new findings not added\n"
    after = Path(FILE).read_text(encoding="utf-8").split("\n")
    assert {each.rstrip(",") for each in after} < {each.rstrip(",") for each in before}
    assert not [each for each in after if "svc00" in each or "svc02" in each]


def test_the_json_report_holds_both(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without("svc01")
    run([granted("svc00"), "--baseline", FILE, "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    counts = {name: report["baseline"][name] for name in ("file", "known", "fixed", "partly_fixed")}
    assert counts == {"file": FILE, "known": 6, "fixed": 3, "partly_fixed": 0}
    assert len(report["findings"]) == 3
    assert {each["task_definition"] for each in report["findings"]} == {'aws_ecs_task_definition.service["svc01"]'}
    assert len(report["baseline"]["findings"]) == 6


def test_code_scanning_sees_what_is_new_and_what_is_unchanged(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without("svc01")
    run(["plan.json", "--baseline", FILE, "--format", "sarif"])
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    states = [each["baselineState"] for each in results]
    assert (states.count("new"), states.count("unchanged")) == (3, 9)
    assert all(("svc01" in each["message"]["text"]) == (each["baselineState"] == "new") for each in results)


def test_other_formats_leave_out_what_is_known_or_fold_it(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = {}
    for form in FORMATS:
        assert run(["plan.json", "--baseline", FILE, "--format", form, "--fail-on", "error"]) == 0
        shown[form] = capsys.readouterr().out
    assert 'failures="0" errors="0" skipped="12"' in shown["junit"]
    assert 'message="in the baseline: denied: no statement allows it"' in shown["junit"]
    assert json.loads(shown["gitlab"]) == []
    assert json.loads(shown["bitbucket"])["report"]["details"].endswith("; 12 findings in the baseline.")
    assert "::error" not in shown["github"]
    for page in (shown["markdown"], shown["summary"]):
        assert "### ⚠️ tfcheck: nothing new, but 4 task definitions will not start" in page
        assert "<details><summary>12 findings in the baseline</summary>" in page


def gated(command: str, plan: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Run a command on a plan with the baseline; give its exit status."""
    if command in ("report", "comment"):
        run(["check", plan, "--format", "json", "--output", "saved.json"])
        return run([command, "saved.json", *(["--dry-run"] if command == "comment" else []), "--baseline", FILE])
    environment = {"SHOWFILE": os.path.abspath(plan), "PLANFILE": os.path.abspath("tfplan"), "BASE_REPO_NAME": "infra"}
    if command == "github":
        environment = {"TFCHECK_PLAN": plan, "TFCHECK_COMMENT": "off", "TFCHECK_BASELINE": FILE}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    gate = ["--fail-on", "error"] if command == "atlantis plan" else []
    return run(
        [*command.split(), *gate, *([] if command == "github" else ["--baseline", FILE])]
        + [plan] * (command == "check")
    )


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_counts_only_what_is_new(
    command: str, case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = []
    for _ in range(2):
        status = gated(command, "plan.json", monkeypatch)
        said = capsys.readouterr().out
        failing.append("\nFAIL - " in f"\n{said}" if command == "atlantis policy-check" else bool(status))
        assert status in (0, 1)
        without("svc01")
    assert failing == [False, True]


def test_every_command_that_fails_on_findings_has_it() -> None:
    options = {name: {each for param in of.params for each in param.opts} for name, of in commands(main)}
    having = {name for name, found in options.items() if "--baseline" in found}
    assert having == {name for name, found in options.items() if "--fail-on" in found}


def test_with_new_only_either_is_enough_to_pass(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without("svc01")
    assert run(["applied.plan.json", "--baseline", FILE]) == 1
    assert run(["applied.plan.json", "--baseline", FILE, "--new-only"]) == 0
    assert run(["plan.json", "--baseline", FILE, "--new-only"]) == 1
    capsys.readouterr()


def test_the_configuration_file_may_name_it(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tfcheck.toml").write_text('baseline = "known.json"\n', encoding="utf-8")
    assert run(["baseline", "plan.json"]) == 0
    assert run(["plan.json"]) == 0
    assert run(["plan.json", "--config", "off"]) == 1
    Path("known.json").unlink()
    assert run(["plan.json"]) == 3
    capsys.readouterr()


def test_a_rule_that_is_not_selected_is_not_called_fixed(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan.json", "--baseline", FILE, "--ignore", "secret"]) == 0
    shown = capsys.readouterr().out
    assert "8 findings in the baseline are not shown." in shown
    assert "fixed" not in shown


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["plan.json", "--baseline", "none.json"], 3, "the baseline `none.json` cannot be read: no such file"),
        (["plan.json", "--baseline", "plan.json"], 3, "`plan.json` is not a tfcheck baseline"),
        (["plan.json", "--baseline", "."], 3, "the baseline `.` cannot be read: it is not a regular file"),
        (["baseline", "--update", "--output", "none.json", "plan.json"], 3, "the baseline `none.json` cannot be read"),
        (["baseline", "--output", "main.tf", "plan.json"], 2, "`main.tf` exists and is not a tfcheck baseline"),
        (["baseline", "--update", "--output", "-", "plan.json"], 2, "`--update` changes a file"),
        (["baseline", "plan.json", "none.json"], 3, "there is no file `none.json`"),
    ],
)
def test_what_cannot_be_done_is_reported_and_changes_nothing(
    arguments: list[str], status: int, message: str, case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {each: each.read_bytes() for each in case.iterdir()}
    capsys.readouterr()
    assert run(arguments) == status
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert "hint: " in error or "no baseline is written" in error
    assert {each: each.read_bytes() for each in case.iterdir()} == before


def test_it_may_go_to_standard_output(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["baseline", "plan.json", "--output", "-"]) == 0
    streams = capsys.readouterr()
    assert (streams.out, streams.err) == (Path(FILE).read_text(encoding="utf-8"), "")


def test_several_plans_are_distinguished_by_their_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    shutil.copytree(TESTDATA / "literal-missing", tmp_path / "prod")
    shutil.copytree(TESTDATA / "literal-missing", tmp_path / "staging")
    monkeypatch.chdir(tmp_path)
    assert run(["baseline", "prod/plan.json", "staging/plan.json"]) == 0
    assert run(["prod/plan.json", "--baseline", FILE]) == 0
    assert run(["staging/plan.json", "prod/plan.json", "--baseline", FILE]) == 0
    without('"target": "prod"')
    assert run(["staging/plan.json", "--baseline", FILE]) == 0
    assert run(["staging/plan.json", "prod/plan.json", "--baseline", FILE]) == 1
    capsys.readouterr()


@pytest.mark.long
@given(forged)
@tries(20)
def test_no_headline_says_that_a_known_problem_is_none(report: Report) -> None:
    (found,) = compare([report], Baseline("b.json", entries([report])))
    if any(each.severity is not Severity.INFO for each in found.known_findings):
        for shown in (text(found).split("\n")[0], markdown([found]).split("\n")[1], fence([found]).split("\n")[0]):
            assert "can start" not in shown
