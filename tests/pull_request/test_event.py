"""Which pull request is written to, and when none is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.pull_request.fake import REPOSITORY, SHA, FakeGitHub, serving
from tests.pull_request.job import bad, clean, event, ran, run, variables
from tfcheck.pull_request.event import NothingToDo, RequestedPull, find_pull_request
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions
from tfcheck.vocabulary.finding import Report

OTHER = "2" * 40
FORK = "mallory/shop"


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


def saved(number: object) -> Report:
    report = bad()
    return msgspec.structs.replace(report, context=dict(report.context or {}, pull_request=number))


def of_run(tmp_path: Path, sha: str = SHA, source: str | None = FORK, pulls: list[Any] | None = None) -> dict[str, str]:
    workflow_run = {
        "head_sha": sha,
        "head_repository": {"full_name": source} if source else None,
        "pull_requests": pulls or [],
    }
    return event(tmp_path, "workflow_run", {"workflow_run": workflow_run})


def test_a_pull_request_names_itself(tmp_path: Path) -> None:
    assert find_pull_request(variables(tmp_path, {}), None, []) == RequestedPull(REPOSITORY, 42, SHA, "10.1")


def test_a_number_can_be_given_and_then_nothing_shows_the_commit(tmp_path: Path) -> None:
    push = event(tmp_path, "push", {"after": SHA})
    assert find_pull_request(push, 7, []) == RequestedPull(REPOSITORY, 7)
    assert isinstance(find_pull_request(push, None, [saved(42)]), NothingToDo)
    assert find_pull_request(variables(tmp_path, {}), 7, []) == RequestedPull(REPOSITORY, 7, run="10.1")
    assert isinstance(find_pull_request({}, 7, []), NothingToDo)


def test_a_comment_on_an_issue_is_about_no_pull_request(tmp_path: Path) -> None:
    assert isinstance(
        find_pull_request(event(tmp_path, "issue_comment", {"issue": {"number": 7}}), None, []), NothingToDo
    )
    on_pull = event(tmp_path, "issue_comment", {"issue": {"number": 7, "pull_request": {}}})
    assert find_pull_request(on_pull, None, []) == RequestedPull(REPOSITORY, 7)


def test_the_run_of_a_fork_takes_the_number_from_the_reports_and_has_it_verified(tmp_path: Path) -> None:
    assert find_pull_request(of_run(tmp_path), None, [saved(42), saved(42)]) == RequestedPull(
        REPOSITORY, 42, SHA, head_repository=FORK
    )
    assert find_pull_request(of_run(tmp_path), 42, []) == RequestedPull(REPOSITORY, 42, SHA, head_repository=FORK)
    for saved_reports in ([saved(41), saved(42)], [], [saved("1/files"), saved(-1)], [saved("x")]):
        assert isinstance(find_pull_request(of_run(tmp_path), None, saved_reports), NothingToDo)
    assert isinstance(find_pull_request(of_run(tmp_path, source=None), None, [saved(42)]), NothingToDo)
    assert isinstance(find_pull_request(of_run(tmp_path, sha=""), None, [saved(42)]), NothingToDo)


def test_the_run_of_a_branch_is_named_by_the_event(tmp_path: Path) -> None:
    environment = of_run(tmp_path, pulls=[{"number": 42, "head": {"sha": SHA}}])
    assert find_pull_request(environment, None, [saved(41)]) == RequestedPull(REPOSITORY, 42, SHA)


def test_a_branch_with_several_pull_requests_is_named_by_the_reports(tmp_path: Path) -> None:
    environment = of_run(tmp_path, pulls=[{"number": number, "head": {"sha": SHA}} for number in (41, 42)])
    assert find_pull_request(environment, None, [saved(42)]) == RequestedPull(REPOSITORY, 42, SHA)
    assert find_pull_request(environment, None, [saved(7)]) == RequestedPull(REPOSITORY, 41, SHA)
    assert find_pull_request(environment, 42, [saved(41)]) == RequestedPull(REPOSITORY, 42, SHA)


def test_a_run_that_follows_another_is_ordered_by_it_and_keeps_its_commit(tmp_path: Path) -> None:
    environment = following(tmp_path, "77.2") | ran("99.3")
    workflow = {"GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/comment.yml@refs/heads/main"}
    wanted = find_pull_request(environment | workflow, 7, [])
    assert isinstance(wanted, RequestedPull)
    assert (wanted.number, wanted.sha, wanted.run, wanted.follows) == (7, SHA, "99.3", "77.2")
    assert wanted.order == "77.2003"
    assert wanted.job == "acme/shop/.github/workflows/comment.yml 5"
    assert RequestedPull(REPOSITORY, 7, SHA, "99.3").order == "99.3"


def following(tmp_path: Path, run: str, workflow: int = 5) -> dict[str, str]:
    """Return the variables of a job that follows a run of this repository."""
    number, attempt = map(int, run.split("."))
    about = {"id": number, "run_attempt": attempt, "workflow_id": workflow, "head_sha": SHA}
    pulls = {"head_repository": {"full_name": REPOSITORY}, "pull_requests": [{"number": 42, "head": {"sha": SHA}}]}
    return event(tmp_path, "workflow_run", {"workflow_run": about | pulls})


def test_the_result_of_an_older_run_never_replaces_a_newer_one_that_was_ready_before(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(where | following(tmp_path, "78.1") | ran("100.1"), [bad()])
    late = run(where | following(tmp_path, "77.1") | ran("101.1"), [clean()])
    assert late.outcome.why == "a newer run has written the comment"
    assert run(where | following(tmp_path, "78.1") | ran("100.2"), [clean()]).outcome.did is CommentAction.UPDATED


def test_a_run_that_follows_an_older_one_names_the_newer_one(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    """GitHub lists those that follow under the default branch, so the followed ones are compared."""
    for number in (77, 78):
        github.start(number, run_started_at=f"2026-01-02T03:04:{number - 70:02}Z")
    for number in (100, 101):
        github.start(number, head_sha=OTHER, event="workflow_run", run_started_at=f"2026-01-02T03:05:{number - 90}Z")
    run(where | following(tmp_path, "78.1") | ran("100.1"), [clean()])
    run(where | following(tmp_path, "77.1") | ran("101.1"), [bad()])
    assert github.by()[0]["body"].split("\n")[1].endswith(", a newer run may differ")
    assert "/actions/runs/78/attempts/1)" in github.by()[0]["body"]


def test_runs_that_follow_two_workflows_have_a_comment_each(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    workflow = {"GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/comment.yml@refs/heads/main"}
    run(where | workflow | following(tmp_path, "77.1", 5) | ran("100.1"), [bad()])
    run(where | workflow | following(tmp_path, "78.1", 6) | ran("101.1"), [clean()])
    run(where | workflow | following(tmp_path, "79.1", 6) | ran("102.1"), [bad()])
    run(where | workflow | following(tmp_path, "80.1", 5) | ran("103.1"), [clean()])
    first, second = (each["body"].split("\n")[1] for each in github.by())
    assert first.startswith("### ✅ tfcheck: resolved, ")
    assert second == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"


def test_a_fork_is_commented_by_a_second_workflow(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    github.open_pull(source=FORK)
    published = run(where | of_run(tmp_path) | ran("10.1"), [saved(42)])
    assert published.outcome.did is CommentAction.CREATED


@pytest.mark.parametrize(
    ("sha", "source"), [(OTHER, FORK), (SHA, "acme/shop"), (SHA, None)], ids=["commit", "repository", "deleted fork"]
)
def test_a_report_cannot_choose_another_pull_request(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, sha: str, source: str | None
) -> None:
    github.open_pull(sha=sha, source=source)
    published = run(where | of_run(tmp_path) | ran("10.1"), [saved(42)])
    assert published.outcome.why == "pull request #42 is not the one that the run was for"
    assert github.comments == {}


def test_a_pull_request_of_a_deleted_fork_is_one_like_others(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.open_pull(source=None)
    assert run(variables(tmp_path, where), [bad()]).outcome.did is CommentAction.CREATED


def test_nothing_is_written_to_a_closed_pull_request(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    github.open_pull(state="closed")
    assert run(variables(tmp_path, where), [bad()]).outcome.why == "pull request #42 is closed"
    assert github.writes() == []


def test_nothing_is_written_about_an_older_commit(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    github.open_pull(sha=OTHER)
    published = run(variables(tmp_path, where), [bad()])
    assert "another newest commit" in published.outcome.why
    assert github.writes() == []


@pytest.mark.parametrize(
    ("ref", "source", "written"),
    [
        ("refs/heads/orders", "acme/shop", False),
        ("refs/heads/main", "acme/shop", True),
        ("refs/heads/orders", FORK, True),
        ("refs/heads/orders", None, True),
        ("refs/pull/41/merge", "acme/shop", True),
    ],
)
@pytest.mark.parametrize("name", ["push", "workflow_dispatch"])
def test_a_run_of_the_pull_request_s_branch_is_about_its_own_commit(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, name: str, ref: str, source: str | None, written: bool
) -> None:
    github.open_pull(sha=OTHER, source=source)
    github.pulls[42]["head"]["ref"] = "orders"
    environment = where | event(tmp_path, name, {}) | ran("10.1") | {"GITHUB_REF": ref, "GITHUB_SHA": SHA}
    published = run(environment, [bad(sha="")], CommentOptions(id="orders", number=42))
    assert (published.outcome.did is CommentAction.CREATED) is written
    if not written:
        assert "another newest commit" in published.outcome.why
        github.open_pull(sha=SHA)
        github.pulls[42]["head"]["ref"] = "orders"
        assert (
            run(environment, [bad(sha="")], CommentOptions(id="orders", number=42)).outcome.did is CommentAction.CREATED
        )
    assert ("names none" in github.by()[0]["body"]) is written


def test_a_comment_that_starts_a_job_is_answered_about_the_newest_commit(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    environment = where | event(tmp_path, "issue_comment", {"issue": {"number": 42, "pull_request": {}}}) | ran("10.1")
    assert run(environment, [bad()]).outcome.did is CommentAction.CREATED
    assert f"sha={SHA}" in github.by()[0]["body"]
    assert f"Commit `{SHA[:7]}` (the newest; the event that started the run names none) · " in github.by()[0]["body"]
    assert "newer runs are not visible" in github.by()[0]["body"]  # GitHub lists this one under another commit
    stale = run(environment, [bad(sha=OTHER)])
    assert stale.outcome.why == "no report is about the newest commit of the pull request"


def test_a_missing_report_never_looks_clean(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    comment_options = CommentOptions(id="all", expected=3, on_clean="delete")
    environment = variables(tmp_path, where)
    assert run(environment, [clean("a"), clean("b")], comment_options).outcome.did is CommentAction.CREATED
    assert "1 result missing" in github.by()[0]["body"].split("\n")[1]
    assert run(environment, [], comment_options).outcome.did is CommentAction.UPDATED
    assert "3 results missing" in github.by()[0]["body"].split("\n")[1]
    assert run(environment, [clean("a"), clean("b"), clean("c")], comment_options).outcome.did is CommentAction.DELETED


@pytest.mark.parametrize("base", ["/api/v3"])
def test_an_own_server_is_found_where_the_environment_says(github: FakeGitHub, tmp_path: Path, base: str) -> None:
    for number in range(120):
        github.say(f"{number}")
    with serving(github, base) as where:
        run(variables(tmp_path, where), [bad()])
        run(variables(tmp_path, where, run="10.2"), [clean()], CommentOptions(id="orders", on_clean="minimize"))
    assert len(github.comments) == 121
    assert github.comments[max(github.comments)]["minimized"] == {"reason": "resolved"}
    assert "https://github.example/acme/shop/actions/runs/10/attempts/2" in github.by()[-1]["body"]
