"""`tfcheck comment`: what is asked, what is said, and the exit status, which GitHub does not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.pull_request.fake import TOKEN, FakeGitHub, Step, cut_before, says, serving
from tests.pull_request.job import Clock, bad, clean, variables
from tests.report.samples import FINDING
from tfcheck.cli import main
from tfcheck.report.json import json as written
from tfcheck.vocabulary.finding import Report

Save = Callable[..., str]


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


@pytest.fixture
def job(where: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be a job of a pull request; gives the file of its summary."""
    clock = Clock()
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", clock.patience)
    monkeypatch.chdir(tmp_path)
    summary = tmp_path / "summary.md"
    environment = variables(tmp_path, where) | {"GITHUB_TOKEN": TOKEN, "GITHUB_STEP_SUMMARY": str(summary)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("TFCHECK_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return summary


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def saved(report: Report, name: str = "report.json") -> str:
        path = tmp_path / name
        path.write_text(written(report), encoding="utf-8")
        return str(path)

    return saved


def test_reports_of_several_jobs_become_one_comment(
    github: FakeGitHub, job: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [save(bad("infra/a"), "a.json"), save(clean("infra/b"), "b.json")]
    assert main.run(["comment", "--id", "all", *files]) == 1
    (made,) = github.by()
    title = made["body"].split("\n")[1]
    assert title == "### ❌ tfcheck: 1 task definition will not start in `infra/a` (1 of 2 targets)"
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err == f"comment created: {made['html_url']}\n"
    assert job.read_text(encoding="utf-8").startswith("### ❌ tfcheck: 1 task definition will not start")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(("report", "status"), [(bad(), 1), (clean(), 0)])
def test_an_output_that_is_full_changes_no_status(
    github: FakeGitHub,
    job: Path,
    save: Save,
    report: Report,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    github.fault("POST", "/comments", says(403, "Resource not accessible by integration"), times=9)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main.run(["comment", "--when", "always", save(report)]) == status
        monkeypatch.undo()
    assert capsys.readouterr().err == "warning: standard output cannot be written to: no space left on device\n"
    assert job.read_text(encoding="utf-8").startswith("### ")


@pytest.mark.parametrize(("report", "status"), [(bad(), 1), (clean(), 0)])
@pytest.mark.parametrize(
    ("method", "path", "step", "said"),
    [
        ("POST", "/comments", says(403, "Resource not accessible by integration"), "pull-requests: write"),
        ("POST", "/comments", says(403, "Unable to create comment because issue is locked."), "is locked"),
        ("GET", "/pulls/", says(404, "Not Found"), "the pull request does not exist"),
        ("POST", "/comments", says(410, "This issue was deleted"), "410"),
        ("POST", "/comments", says(422, "Validation Failed"), "Validation Failed"),
        ("GET", "", says(429, "slow down", retry_after="999"), "too many requests"),
        ("GET", "", says(500), "could not be reached"),
        ("POST", "/comments", cut_before, "could not be reached"),
        ("GET", "", says(401, "Bad credentials"), "Bad credentials"),
    ],
)
def test_what_github_refuses_is_one_warning_and_changes_no_status(
    github: FakeGitHub,
    job: Path,
    save: Save,
    capsys: pytest.CaptureFixture[str],
    report: Report,
    status: int,
    method: str,
    path: str,
    step: Step,
    said: str,
) -> None:
    github.fault(method, path, step, times=1000)
    arguments = ["comment", "--when", "always", save(report)]
    assert main.run(arguments) == status
    lines = capsys.readouterr().out.splitlines()
    (warning,) = [line for line in lines if line.startswith("::warning title=tfcheck::")]
    assert said in warning
    assert sum(line.startswith(("::error file=", "::error title=")) for line in lines) == status
    assert job.read_text(encoding="utf-8").startswith("### ")
    assert main.run([*arguments, "--required"]) == (status or 4)
    assert TOKEN not in "".join(capsys.readouterr())


def test_without_a_token_the_summary_has_the_report(
    github: FakeGitHub, job: Path, save: Save, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    assert main.run(["comment", save(bad())]) == 1
    assert "there is none" in capsys.readouterr().out
    assert github.requests == []
    assert job.exists()


def test_a_broken_token_is_not_printed(
    github: FakeGitHub, job: Path, save: Save, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret\nhunter2")
    assert main.run(["comment", "--debug", save(bad())]) == 1
    assert "hunter2" not in "".join(capsys.readouterr())
    assert github.requests == []


def test_without_a_pull_request_nothing_is_asked_and_nothing_is_wrong(
    github: FakeGitHub, job: Path, save: Save, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    monkeypatch.setenv("GITHUB_EVENT_PATH", save(clean()))
    monkeypatch.delenv("GITHUB_TOKEN")
    assert main.run(["comment", "--required", save(clean())]) == 0
    assert capsys.readouterr().err == "no comment: the event `push` has no pull request; `pr-number` can name one\n"
    assert github.requests == []


def test_the_pull_request_can_be_given(
    github: FakeGitHub, job: Path, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_PATH", "/nowhere")
    assert main.run(["comment", "--pr-number", "42", "--fail-on", "never", save(bad())]) == 0
    assert len(github.by()) == 1


def test_a_report_that_cannot_be_read_is_missing_from_the_comment(
    github: FakeGitHub, job: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["comment", save(clean("a"), "a.json"), "nowhere.json"]) == 3
    assert "1 result missing" in github.by()[0]["body"]
    assert "`nowhere.json` cannot be read" in capsys.readouterr().err


def test_reports_that_never_came_are_missing(github: FakeGitHub, job: Path) -> None:
    assert main.run(["comment", "--expect-reports", "2"]) == 3
    assert "2 results missing" in github.by()[0]["body"]


def test_no_reports_are_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["comment"]) == 2
    assert "there is no report to comment on" in capsys.readouterr().err


def test_a_dry_run_prints_the_comment_and_asks_nobody(
    github: FakeGitHub, job: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["comment", "--dry-run", "--id", "all", save(bad())]) == 1
    assert capsys.readouterr().out.startswith("<!-- tfcheck:v1 key=")
    assert github.requests == []


def test_outside_of_a_job_the_warning_is_for_people(
    github: FakeGitHub, job: Path, save: Save, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    monkeypatch.delenv("GITHUB_TOKEN")
    assert main.run(["comment", save(bad())]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("warning: no comment on the pull request")


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTP_PROXY": "socks5://proxy:1"},
        {"HTTP_PROXY": "127.0.0.1:1"},
        {"GITHUB_API_URL": "https://a:b"},
        {"GITHUB_API_URL": "nowhere"},
        {"GITHUB_EVENT_PATH": "/"},
        {"GITHUB_STEP_SUMMARY": "/nowhere/at/all"},
    ],
)
@pytest.mark.parametrize(("report", "status"), [(bad(), 1), (clean(), 0)])
def test_in_any_environment_the_exit_status_is_that_of_the_findings(
    job: Path,
    save: Save,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    report: Report,
    status: int,
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main.run(["comment", save(report)]) == status
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(("before", "shown"), [(0, True), (920_000, True), (1_020_000, False)])
def test_the_summaries_of_one_step_stay_below_the_limit_at_which_github_drops_them(
    github: FakeGitHub, job: Path, save: Save, capsys: pytest.CaptureFixture[str], before: int, shown: bool
) -> None:
    job.write_text("x" * before, encoding="utf-8")
    names = (f"{FINDING.task_definition}_{number}" for number in range(500))
    several = tuple(msgspec.structs.replace(FINDING, task_definition=name, address=name) for name in names)
    assert main.run(["comment", save(msgspec.structs.replace(bad(), findings=several))]) == 1
    assert before < job.stat().st_size < 1_048_576 if shown else job.stat().st_size == before
    assert ("no summary of the job: those before it leave no room" in "".join(capsys.readouterr())) is not shown


@pytest.mark.parametrize(("report", "status"), [(bad(), 1), (clean(), 0)])
@pytest.mark.parametrize("broken", ["publish", "summary", "find_pull_request"])
def test_a_bug_while_posting_is_a_refusal(
    github: FakeGitHub,
    job: Path,
    save: Save,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: str,
    report: Report,
    status: int,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(f"tfcheck.cli.posting.{broken}", fails)
    assert main.run(["comment", save(report)]) == status
    streams = "".join(capsys.readouterr())
    assert "tfcheck failed (RuntimeError)" in streams
    assert "hunter2" not in streams
    assert main.run(["comment", "--debug", save(report)]) == 70
    if broken != "summary":
        assert main.run(["comment", "--required", save(report)]) == (status or 4)
