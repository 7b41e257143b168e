"""A pull request that adds a waiver shows it first, and one that does not is left in peace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.pull_request.fake import TOKEN, FakeGitHub, Json, says, serving
from tests.pull_request.fake_gitlab import FakeGitLab
from tests.pull_request.job import Clock, bad, variables
from tests.pull_request.test_gitlab import Job, gitlab, job  # noqa: F401 (fixtures)
from tfcheck.cli import main
from tfcheck.report.json import json as written
from tfcheck.vocabulary.finding import BaselineComparison, Report, RunConfiguration, Unselected
from tfcheck.vocabulary.waiver import Waived, WaiverUse

PATCH = "@@ -1,2 +1,6 @@\n a\n+[[waiver]]\n+rule\n+address\n+reason\n b"
OTHER = "@@ -1,2 +1,3 @@\n a\n+b\n c"


def waived() -> Report:
    """A report whose findings are waived in lines 2 to 5 of a file."""
    report = bad()
    accepted = Waived("the file is public", None, "infra/tfcheck.toml:2")
    findings = tuple(msgspec.structs.replace(each, waived=accepted) for each in report.findings)
    use = WaiverUse("env-file", accepted.reason, None, "infra/tfcheck.toml", 2, 5, "used")
    return msgspec.structs.replace(report, findings=findings, waivers=(use,))


def changed(name: str, patch: str | None) -> Json:
    addresses = dict.fromkeys(("blob_url", "raw_url", "contents_url"), "https://github.com/x")
    counts = {"additions": 1, "deletions": 0, "changes": 1}
    file = {"filename": name, "status": "modified", "sha": "0" * 40, **counts, **addresses}
    return file if patch is None else {**file, "patch": patch}


@pytest.fixture
def comment(github: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The arguments of a command that comments on the pull request."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", Clock().patience)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "report.json").write_text(written(waived()), encoding="utf-8")
    with serving(github) as where:
        for name, value in (variables(tmp_path, where) | {"TFCHECK_GITHUB_TOKEN": TOKEN}).items():
            monkeypatch.setenv(name, value)
        yield ["comment", "report.json"]


@pytest.mark.parametrize("patch", [PATCH, None])
def test_a_pull_request_that_adds_a_waiver_shows_it_first(
    patch: str | None, github: FakeGitHub, comment: list[str]
) -> None:
    github.files = [changed("infra/tfcheck.toml", patch)]
    assert main.run(comment) == 0
    (made,) = github.by()
    title, _, first, *_ = made["body"].split("\n")[1:]
    assert title.startswith("### ⚠️ tfcheck: no open finding, 1 waived")
    assert first == "⚠️ **This change waives**:"
    assert "infra/tfcheck.toml#L2" in made["body"]


@pytest.mark.parametrize("files", [[], [changed("infra/tfcheck.toml", OTHER)], [changed("main.tf", PATCH)]])
def test_a_pull_request_that_only_meets_one_gets_no_comment(
    files: list[Json], github: FakeGitHub, comment: list[str]
) -> None:
    github.files = files
    if files and files[0]["filename"] == "infra/tfcheck.toml":
        files[0]["patch"] = "@@ -7,2 +7,3 @@\n a\n+b\n c"
    assert main.run(comment) == 0
    assert github.by() == []
    assert main.run([*comment, "--when", "always"]) == 0
    (made,) = github.by()
    assert "This change waives" not in made["body"]
    assert "<details><summary>1 waived finding</summary>" in made["body"]


def chosen(**settings: str) -> Report:
    """A report whose findings a configuration file leaves out, or a baseline that it names."""
    report = bad()
    file = RunConfiguration("infra/tfcheck.toml", settings)
    if "baseline" in settings:
        listed = BaselineComparison("../known.json", report.findings)
        return msgspec.structs.replace(report, findings=(), configuration=file, baseline=listed)
    left_out = tuple(Unselected(each.rule, each.severity, each.task_definition) for each in report.findings)
    return msgspec.structs.replace(report, findings=(), configuration=file, unselected=left_out)


CHOICES = [
    (chosen(ignore="*"), "infra/tfcheck.toml", "`infra/tfcheck.toml`, which leaves out 1 finding."),
    (chosen(baseline="../known.json"), "known.json", "`../known.json`, which leaves out 1 finding."),
    (chosen(baseline="../known.json"), "infra/tfcheck.toml", "`infra/tfcheck.toml`, on which this result depends."),
]


@pytest.mark.parametrize(("report", "edited", "words"), CHOICES)
def test_a_pull_request_that_edits_what_leaves_findings_out_shows_it_first(
    report: Report, edited: str, words: str, github: FakeGitHub, comment: list[str], tmp_path: Path
) -> None:
    (tmp_path / "report.json").write_text(written(report), encoding="utf-8")
    github.files = [changed("main.tf", OTHER), changed(edited, "@@ -1,2 +1 @@\n a\n-b")]
    assert main.run(comment) == 0
    assert github.by() == []
    github.files = [changed("main.tf", OTHER), changed(edited, OTHER)]
    assert main.run(comment) == 0
    (made,) = github.by()
    assert f"\n\n⚠️ **This change edits** {words}\n" in made["body"].split("No other")[0]


def test_where_github_does_not_say_all_of_them_come_first(github: FakeGitHub, comment: list[str]) -> None:
    github.fault("GET", "/files", says(403, "Resource not accessible by integration"), times=20)
    assert main.run([*comment, "--suggestions", "0"]) == 0
    (made,) = github.by()
    assert made["body"].split("\n")[3] == "**Waived**:"


def test_a_merge_request_of_gitlab_shows_it_first(gitlab: FakeGitLab, job: Job) -> None:  # noqa: F811
    gitlab.files = [{"new_path": "infra/tfcheck.toml", "diff": PATCH}]
    assert job(waived()) == 0
    (note,) = gitlab.notes.values()
    assert "⚠️ **This change waives**:" in note["body"]
