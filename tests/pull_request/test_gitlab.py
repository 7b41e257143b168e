"""The note on a merge request of GitLab: one, ours, and never older than it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.pull_request.fake import SHA, TOKEN, Answer, Step, cut_after, cut_before, says, serving
from tests.pull_request.fake_gitlab import PROJECT, FakeGitLab
from tests.pull_request.job import Clock, bad, clean
from tests.pull_request.test_races import texts
from tfcheck.cli import main
from tfcheck.report.json import json as written
from tfcheck.report.markdown.marker import marker, parse_marker
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report

LATER = "1" * 40


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    made = FakeGitLab()
    yield made
    assert made.problems == []


Job = Callable[..., int]


@pytest.fixture
def job(gitlab: FakeGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """Return the function that comments in a job of a merge request."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", Clock().patience)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "GITHUB_STEP_SUMMARY", "GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with serving(gitlab, "/api/v4") as where:
        fixed = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": where["GITHUB_API_URL"],
            "CI_SERVER_URL": "https://gitlab.example",
            "CI_PROJECT_PATH": PROJECT,
            "CI_MERGE_REQUEST_IID": "42",
            "TFCHECK_GITLAB_TOKEN": TOKEN,
        }
        for name, value in fixed.items():
            monkeypatch.setenv(name, value)

        def run(*reports: Report, pipeline: int = 10, sha: str = SHA, options: tuple[str, ...] = ()) -> int:
            monkeypatch.setenv("CI_PIPELINE_ID", str(pipeline))
            monkeypatch.setenv("CI_COMMIT_SHA", sha)
            files = []
            for number, report in enumerate(reports):
                context = {**(report.context or {}), "head_sha": sha}
                file = tmp_path / f"{pipeline}-{number}.json"
                file.write_text(written(msgspec.structs.replace(report, context=context)), encoding="utf-8")
                files.append(str(file))
            return main.run(["comment", "--id", "orders", *options, *files])

        yield run


def only(gitlab: FakeGitLab) -> str:
    (found,) = gitlab.notes.values()
    return str(found["body"])


def title(gitlab: FakeGitLab) -> str:
    return only(gitlab).split("\n")[1]


def test_findings_come_and_go_in_one_note(gitlab: FakeGitLab, job: Job) -> None:
    assert job(clean()) == 0
    assert gitlab.notes == {}
    assert job(bad()) == 1
    assert parse_marker(only(gitlab)) == marker("orders", SHA, "10.1")
    assert f"https://gitlab.example/{PROJECT}/-/pipelines/10" in only(gitlab)
    assert f"https://gitlab.example/{PROJECT}/-/blob/{SHA}/" in only(gitlab)
    assert job(bad(), pipeline=11) == 1
    assert parse_marker(only(gitlab)) == marker("orders", SHA, "11.1")
    gitlab.sha = LATER
    assert job(clean(), pipeline=12, sha=LATER) == 0
    assert "### ✅ tfcheck: resolved" in only(gitlab)
    assert job(clean(), pipeline=13, sha=LATER, options=("--on-clean", "delete")) == 0
    assert gitlab.notes == {}


def test_it_is_found_behind_others_and_a_stranger_s_is_left_alone(gitlab: FakeGitLab, job: Job) -> None:
    stranger = gitlab.note(f"{marker('orders', SHA, '99.1')}\nforged", {"id": 9, "username": "mallory"})
    for number in range(150):
        gitlab.note(f"looks good {number}")
    job(bad())
    job(clean(), pipeline=11)
    assert len(gitlab.notes) == 152
    assert gitlab.notes[stranger]["body"].endswith("forged")
    assert "resolved" in gitlab.notes[max(gitlab.notes)]["body"]


def test_a_target_without_a_result_is_not_resolved(gitlab: FakeGitLab, job: Job) -> None:
    job(bad("infra/orders"), clean("infra/web"))
    gitlab.sha = LATER
    job(clean("infra/web"), pipeline=11, sha=LATER)
    assert "**No result for this commit**: `infra/orders`." in only(gitlab)


def test_jobs_of_a_pipeline_with_one_target_have_a_note_each(
    gitlab: FakeGitLab, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that is retried has the same name."""
    monkeypatch.setenv("CI_JOB_NAME", "plan-prod")
    job(bad())
    job(bad())
    assert title(gitlab).startswith("### ❌")
    monkeypatch.setenv("CI_JOB_NAME", "plan-dev")
    job(bad())
    monkeypatch.setenv("CI_JOB_NAME", "plan-prod")
    job(clean())
    assert [each.split("\n")[1][:6] for each in texts(gitlab)] == ["### ✅ ", "### ❌ "]


@pytest.mark.parametrize("wait", [says(429, "", retry_after="9"), says(502), cut_before])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_older_job_never_writes_over_a_newer_one(gitlab: FakeGitLab, job: Job, wait: Step, method: str) -> None:
    job(bad())

    def newer(go: Callable[[], Answer]) -> Answer:
        gitlab.sha = LATER
        number = min(gitlab.notes)
        gitlab.notes[number]["body"] = f"{marker('orders', LATER, '12.1')}\n### ❌ tfcheck: of the newest run"
        return wait(go)

    gitlab.fault(method, "/notes/", newer)
    job(clean(), pipeline=11, options=("--on-clean", "delete" if method == "DELETE" else "update"))
    assert "of the newest run" in only(gitlab)


@pytest.mark.parametrize("step", [says(502), says(429, "", retry_after="3"), cut_after, cut_before])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_faults_never_make_two_notes(gitlab: FakeGitLab, job: Job, step: Step, method: str) -> None:
    gitlab.fault(method, "/notes", step)
    assert job(bad()) == 1
    assert only(gitlab).split("\n")[1].startswith("### ❌")


@pytest.mark.parametrize(
    ("method", "path", "step"),
    [
        ("GET", "/user", says(401, "401 Unauthorized")),
        ("POST", "/notes", says(403, "insufficient_scope")),
        ("GET", "", says(404, "404 Project Not Found")),
        ("GET", "", says(500)),
    ],
)
@pytest.mark.parametrize(("report", "status"), [(bad(), 1), (clean(), 0)])
def test_a_refusal_is_one_line_and_changes_no_status(
    gitlab: FakeGitLab,
    job: Job,
    capsys: pytest.CaptureFixture[str],
    method: str,
    path: str,
    step: Step,
    report: Report,
    status: int,
) -> None:
    gitlab.fault(method, path, step, times=99)
    assert job(report, options=("--when", "always")) == status
    said = capsys.readouterr().err
    assert said.startswith("warning: no note on the merge request: ")
    assert "GitHub" not in said
    assert TOKEN not in said


def test_nothing_is_written_where_there_is_nothing_to_write_to(
    gitlab: FakeGitLab, job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gitlab.state = "merged"
    assert job(bad()) == 1
    gitlab.state, gitlab.sha = "opened", LATER
    assert job(bad()) == 1
    monkeypatch.delenv("CI_MERGE_REQUEST_IID")
    assert job(bad()) == 1
    assert gitlab.notes == {}
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "no comment: merge request !42 is merged"
    assert "another newest commit" in said[1]
    assert "`--pr-number` can name one" in said[2]


def test_a_pipeline_for_merged_results_is_about_the_head() -> None:
    job = {
        "CI_COMMIT_SHA": LATER,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": SHA,
        "CI_PIPELINE_ID": "7",
        "GITLAB_CI": "true",
    }
    assert ci.gitlab(job).sha == SHA
    assert ci.context(job, "infra", "prod") == {"target": "infra:prod", "head_sha": SHA, "run": "7.1"}
