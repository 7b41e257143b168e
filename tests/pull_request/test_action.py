"""The GitHub Action from inputs to outputs, without a runner."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.pull_request.fake import TOKEN, FakeGitHub, says, serving
from tests.pull_request.job import Clock, bad, clean, variables
from tests.rows import every_row
from tfcheck.cli import main as cli
from tfcheck.cli.action import step_outputs
from tfcheck.cli.action_inputs import inputs, load_configuration, paths
from tfcheck.report.json import json as written
from tfcheck.vocabulary.finding import Unread

TESTDATA = Path(__file__).parents[2] / "testdata"
MISSING = str(TESTDATA / "literal-missing" / "plan.json")
GRANTED = str(TESTDATA / "literal-granted" / "plan.json")
Start = Callable[..., int]


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


@pytest.fixture
def start(where: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return the function that runs the action with inputs, in a job of a pull request."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", Clock().patience)
    monkeypatch.chdir(tmp_path)
    environment = variables(tmp_path, where) | {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RUNNER_TEMP": str(tmp_path),
        "TFCHECK_GITHUB_TOKEN": TOKEN,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "TF_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)

    def run(**given: str) -> int:
        for name, value in given.items():
            monkeypatch.setenv(f"TFCHECK_{name.upper()}", value)
        return cli.run(["github"])

    return run


def outputs_in(tmp_path: Path) -> dict[str, str]:
    """Read the outputs as the runner does: of two values for a name the later one counts."""
    lines = (tmp_path / "output").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines))
    return dict(line.split("=", 1) for line in lines)


def test_a_plan_with_findings(
    github: FakeGitHub, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(plan=MISSING, sarif_file="out.sarif", html_file="new/page.html", output_json="new/out.json") == 1
    (comment,) = github.by()
    assert outputs_in(tmp_path) == {
        "findings": "2",
        "errors": "1",
        "warnings": "1",
        "unknown": "0",
        "waived": "0",
        "summary": "1 error, 1 warning, 0 unknown in 1 task definition",
        "exit-code": "1",
        "comment-id": str(comment["id"]),
        "comment-url": comment["html_url"],
        "report-json": "new/out.json",
        "sarif-file": "out.sarif",
        "html-file": "new/page.html",
    }
    page = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert "<h1>1 of 1 task definitions will not start</h1>" in page
    assert '<span class="number">44</span>' in page
    assert json.loads((tmp_path / "new" / "out.json").read_text(encoding="utf-8"))["context"]["pull_request"] == 42
    assert json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert (
        (tmp_path / "summary.md")
        .read_text(encoding="utf-8")
        .startswith("### ❌ tfcheck: 1 task definition will not start")
    )
    out = capsys.readouterr().out
    assert out.count("::error file=testdata/literal-missing/main.tf,line=") == 1
    stop, shown, rest = re.split(r"::stop-commands::(?=[0-9a-f]{32}\n)|\n::[0-9a-f]{32}::\n", out)
    assert "will not start" in shown
    assert "::error" not in stop + shown
    assert "::error" in rest


def test_the_comment_and_the_summary_link_to_the_artifact_with_the_page(
    github: FakeGitHub, start: Start, tmp_path: Path
) -> None:
    assert start(plan=MISSING, html_artifact="page `prod`") == 1
    page = Path(outputs_in(tmp_path)["html-file"])
    assert (page.name, page.parent.parent) == ("tfcheck.html", tmp_path)
    assert "<h1>1 of 1 task definitions will not start</h1>" in page.read_text(encoding="utf-8")
    (comment,) = github.by()
    link = " · [page `` page `prod` ``](https://github.com/acme/shop/actions/runs/{}/attempts/1#artifacts) · id "
    for text in (comment["body"], (tmp_path / "summary.md").read_text(encoding="utf-8")):
        assert link.format(10) in text


def test_a_clean_plan(github: FakeGitHub, start: Start, tmp_path: Path) -> None:
    assert start(plan=GRANTED) == 0
    assert github.comments == {}
    outputs = outputs_in(tmp_path)
    assert (outputs["exit-code"], outputs["findings"], outputs["comment-url"]) == ("0", "0", "")
    assert json.loads(Path(outputs["report-json"]).read_text(encoding="utf-8"))["findings"] == []


def test_a_plan_that_differs_from_its_sources_continues_their_comment(
    github: FakeGitHub, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    infra = tmp_path / "infra"
    shutil.copytree(TESTDATA / "literal-missing", infra)
    (tmp_path / ".git").mkdir()
    assert start(plan="infra/plan.json") == 1
    shutil.copy(GRANTED, infra / "plan.json")
    monkeypatch.setenv("GITHUB_RUN_ID", "11")
    assert start(plan="infra/plan.json") == 0
    (comment,) = github.by()
    assert comment["body"].split("\n")[1] == (
        "### ❔ tfcheck: no definite problem, but not everything can be decided in `infra`"
    )


def test_several_plans_are_one_comment_and_one_that_cannot_be_read_is_missing(
    github: FakeGitHub, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    assert start(plan=f"{MISSING}\n{TESTDATA}/literal-gr*/plan.json\n\nbroken.json\n", comment_id="all") == 3
    title = github.by()[0]["body"].split("\n")[1]
    assert "1 task definition will not start" in title
    assert "1 result missing" in github.by()[0]["body"]
    assert "::error title=tfcheck::`broken.json`" in capsys.readouterr().out
    assert outputs_in(tmp_path)["exit-code"] == "3"


def test_reports_of_earlier_jobs_are_merged(github: FakeGitHub, start: Start, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    for report in (bad("infra/a"), clean("infra/b")):
        name = str((report.context or {})["target"]).replace("/", "-")
        (tmp_path / "reports" / f"{name}.json").write_text(written(report), encoding="utf-8")
    assert start(report="reports/*.json", expect_reports="3", comment_id="all", sarif_file="all.sarif") == 3
    (comment,) = github.by()
    assert "1 result missing" in comment["body"]
    assert outputs_in(tmp_path)["errors"] == "1"
    assert not (tmp_path / "all.sarif").exists()  # which would close the alerts of the missing one
    partial = msgspec.structs.replace(clean("infra/b"), unread=(Unread("c.json", "there is no file `c.json`"),))
    (tmp_path / "reports" / "infra-b.json").write_text(written(partial), encoding="utf-8")
    assert start(report="reports/*.json", comment="off", sarif_file="all.sarif") == 3
    assert not (tmp_path / "all.sarif").exists()


def test_no_report_at_all_is_reported_where_some_are_expected(github: FakeGitHub, start: Start) -> None:
    assert start(report="reports/*.json", expect_reports="2", fail_on="never") == 3
    assert "2 results missing" in github.by()[0]["body"].split("\n")[1]


@pytest.mark.parametrize(("comment", "status"), [("auto", 0), ("required", 4), ("off", 0)])
def test_a_refused_comment_counts_only_where_it_is_required(
    github: FakeGitHub, start: Start, comment: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    github.fault("POST", "/comments", says(403, "Resource not accessible by integration"), times=9)
    assert start(plan=MISSING, fail_on="never", comment=comment) == status
    assert outputs_in(tmp_path)["exit-code"] == str(status)
    assert capsys.readouterr().out.count("::warning title=tfcheck::") == (comment != "off")
    assert (tmp_path / "summary.md").exists()


def test_what_is_not_wanted_is_not_reported(
    github: FakeGitHub, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(plan=MISSING, annotations="false", summary="false", comment="off", suggestions="off") == 1
    assert "::error" not in capsys.readouterr().out
    assert not (tmp_path / "summary.md").exists()
    assert github.requests == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "neither the input `plan` nor `report` is set"),
        ({"plan": MISSING, "fail_on": "sometimes"}, "the input `fail-on` is `sometimes`"),
        ({"plan": MISSING, "strict": "maybe"}, "the input `strict` is `maybe`"),
        ({"plan": MISSING, "comment": "always"}, "the input `comment` is `always`"),
        ({"plan": MISSING, "pr_number": "-1"}, "the input `pr-number` is `-1`"),
        ({"plan": "no/*.json"}, "the input `plan` names no file: `no/*.json`"),
        ({"plan": MISSING, "sources": "nowhere"}, "`nowhere` does not exist"),
    ],
)
def test_a_wrong_input_is_named(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: dict[str, str], said: str
) -> None:
    status = start(**given)
    assert status in (2, 3)
    assert f"::error title=tfcheck::{said}" in capsys.readouterr().out
    assert outputs_in(tmp_path)["exit-code"] == str(status)


def test_a_pattern_names_each_file_once_and_a_name_with_brackets_itself(tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "c[1].json"):
        (tmp_path / name).touch()
    given = ["b.json", "./b.json", "[ab].json", "x*", "c[1].json"]
    found = paths("plan", [f"{tmp_path}/{each}" for each in given])
    assert [Path(each).name for each in found.files] == ["b.json", "a.json", "c[1].json"]
    assert [each.message for each in found.errors] == [f"the input `plan` names no file: `{tmp_path}/x*`"]


@pytest.mark.parametrize("missing", ["nowhere.json", "no/*.json", "\x00.json", "x" * 5000])
def test_a_plan_that_is_missing_keeps_no_other_from_being_reported(
    github: FakeGitHub, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    found = inputs({"TFCHECK_PLAN": f"{missing}\n{MISSING}"})
    assert missing in found.plans
    if "\x00" in missing:  # which no environment can hold
        missing = "nowhere\x01.json"
    assert start(plan=f"{missing}\n{MISSING}", sarif_file="out.sarif", fail_on="never") == 3
    (comment,) = github.by()
    title = comment["body"].split("\n")[1]
    assert title.startswith("### ❌ tfcheck: 1 task definition will not start in ")
    assert title.endswith(", 1 result missing")
    assert outputs_in(tmp_path)["errors"] == "1"
    assert outputs_in(tmp_path)["sarif-file"] == ""
    assert not (tmp_path / "out.sarif").exists()
    assert "::error title=tfcheck::" in capsys.readouterr().out


def test_patterns_that_name_nothing_are_reported_as_missing(github: FakeGitHub, start: Start, tmp_path: Path) -> None:
    assert start(plan="no/*.json\nnor/*.json") == 3
    (comment,) = github.by()
    assert comment["body"].split("\n")[1] == "### ❔ tfcheck: 2 results missing"


@every_row("name", ["true", "True", "TRUE", " yes ", "on", "1"])
@every_row("off", ["false", "False", "FALSE", "no", "Off", "0"])
def test_booleans_are_read_in_any_case(name: str, off: str) -> None:
    found = inputs({"TFCHECK_PLAN": "p", "TFCHECK_STRICT": name, "TFCHECK_NEW_ONLY": off, "TFCHECK_SUMMARY": off})
    assert (found.failing.strict, found.failing.new_only, found.summary, found.annotations) == (
        True,
        False,
        False,
        True,
    )
    assert inputs({"TFCHECK_PLAN": "p", "TFCHECK_COMMENT": name}).comment == "auto"
    assert inputs({"TFCHECK_PLAN": "p", "TFCHECK_COMMENT": off}).comment == "off"
    assert inputs({"TFCHECK_PLAN": "p", "TFCHECK_COMMENT": "Required"}).comment == "required"
    assert inputs({"TFCHECK_PLAN": "p", "TFCHECK_SUGGESTIONS": off}).comment_options.suggestions == 0
    assert inputs({"TFCHECK_PLAN": "p", "TFCHECK_FAIL_ON": "Warning"}).failing.fail_on == "warning"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"output_json": "./plan.json"}, "`output-json` and `plan`"),
        ({"sarif_file": "b.json", "context": "*b.json"}, "`sarif-file` and `context`"),
        ({"html_file": "b.json", "baseline": "./b.json"}, "`html-file` and `baseline`"),
        ({"sarif_file": "new/x", "html_file": "new/../new/x"}, "`html-file` and `sarif-file`"),
    ],
)
def test_no_file_is_written_over_another(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: dict[str, str], named: str
) -> None:
    for name in ("plan.json", "b.json"):
        (tmp_path / name).write_bytes(Path(MISSING).read_bytes())
    assert start(plan="plan.json", **given) == 2
    assert f"::error title=tfcheck::the inputs {named} name the same file" in capsys.readouterr().out
    assert (tmp_path / "plan.json").read_bytes() == Path(MISSING).read_bytes()


def test_words_of_inputs_are_read_in_any_case() -> None:
    found = inputs({"TFCHECK_PLAN": "p", "TFCHECK_SEVERITY": "env-file=Warning"})
    assert found.choice.rules.severity == {"env-file": "warning"}
    for off in ("False", "OFF", "no"):
        assert not load_configuration({"TFCHECK_PLAN": "p", "TFCHECK_CONFIG": off}).values


def test_an_empty_input_is_one_that_is_not_set() -> None:
    found = inputs({"TFCHECK_PLAN": "plan.json", "TFCHECK_FAIL_ON": "", "TFCHECK_STRICT": "", "TFCHECK_PR_NUMBER": ""})
    assert (found.failing.fail_on, found.failing.strict, found.comment, found.comment_options.number) == (
        "error",
        False,
        "auto",
        None,
    )
    assert found.comment_options.suggestions == 20


def test_an_output_cannot_set_another_one(tmp_path: Path) -> None:
    file = tmp_path / "output"
    step_outputs({"a": "x\nexit-code=0", "b": "y"}, {"GITHUB_OUTPUT": str(file)})
    lines = file.read_text(encoding="utf-8").split("\n")
    name, end = lines[0].split("<<")
    assert (name, lines[1:4], lines[4:]) == ("a", ["x", "exit-code=0", end], ["b=y", ""])
    assert len(end) > 30
    step_outputs({"a": "x"}, {})


def test_outputs_that_cannot_be_written_are_one_error(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "output").mkdir()
    assert start(plan=MISSING, comment="off") == 2
    assert capsys.readouterr().err == "error: GITHUB_OUTPUT cannot be written: Is a directory\n"
    assert start(plan=MISSING, context="none.json", comment="off") == 3


def test_what_was_already_broken_can_be_let_pass(start: Start, tmp_path: Path) -> None:
    report = bad()
    existing = tuple(msgspec.structs.replace(each, change="existing") for each in report.findings)
    (tmp_path / "r.json").write_text(written(msgspec.structs.replace(report, findings=existing)), encoding="utf-8")
    assert start(report="r.json", new_only="true", comment="off") == 0
    assert start(report="r.json", new_only="false", comment="off") == 1
    assert cli.run(["comment", "--dry-run", "--new-only", str(tmp_path / "r.json")]) == 0


def test_other_stacks_can_be_shown(start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state.json").write_text("{}", encoding="utf-8")
    assert start(plan=GRANTED, context="state.json", comment="off") in (2, 3)
    assert "`state.json`" in capsys.readouterr().out
    assert start(plan=GRANTED, context=MISSING, comment="off") == 0
