"""A run that creates a comment after a newer one of the same commit has ended without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.pull_request.fake import SHA, Answer, CutError, FakeGitHub, Raw, Step, cut_before, first, says, serving
from tests.pull_request.fake_bitbucket import FakeCloud
from tests.pull_request.fake_gitea import FakeGitea
from tests.pull_request.fake_gitlab import FakeGitLab
from tests.pull_request.job import Clock, bad, clean, run, variables
from tests.pull_request.test_races import on_bitbucket, on_gitea, on_github, on_gitlab, orders, quickly, texts, together
from tfcheck.pull_request.earlier import is_same_body
from tfcheck.pull_request.event import RequestedPull, run_of
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.publish import Published, publish
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions
from tfcheck.pull_request.suggestion import SuggestionMarker, comment_key
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.report.markdown.marker import marker
from tfcheck.vocabulary.finding import Report

TITLE = "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
NOTE = "**A newer run** started before this was written: [run]"


def head(text: str) -> str:
    return text.split("\n")[1]


def answers(body: Any) -> Step:
    return lambda go: Answer(200, body)


def test_whether_newer_runs_are_visible_makes_no_other_text_that_is_written_forever(tmp_path: Path) -> None:
    """The first of two comments arrives when its answer is long given up, and the second one cannot see the runs."""
    github, clock = FakeGitHub(), Clock()
    github.shows_former = False
    late: list[Callable[[], Answer]] = []

    def lose(go: Callable[[], Answer]) -> Answer:
        late.append(go)
        clock.time += 5
        raise CutError

    with serving(github) as where:
        github.start(10)
        github.fault("POST", "/issues/42/comments", lose)
        github.fault("POST", "/issues/42/comments", first(lambda: late[0]()))
        github.fault("GET", "/actions/runs", first(int))
        github.fault("GET", "/actions/runs", says(403), times=9)
        outcome = run(variables(tmp_path, where), [bad()], patience=clock.patience()).outcome
    assert (len(texts(github)), outcome.did) == (1, CommentAction.CREATED)


@pytest.mark.parametrize("on_clean", ["update", "delete"])
def test_an_older_run_names_a_newer_one_that_left_no_comment(tmp_path: Path, on_clean: Any) -> None:
    """With `delete` the newer one has removed the comment of an earlier commit."""
    github = FakeGitHub()
    with serving(github) as where:
        if on_clean == "delete":
            run(variables(tmp_path, where, run="9.1"), [bad()])
        github.start(10)
        github.start(11, run_attempt=2)
        run(variables(tmp_path, where, run="11.2"), [clean()], CommentOptions(id="orders", on_clean=on_clean))
        assert github.comments == {}
        published = run(variables(tmp_path, where, run="10.1"), [bad()])
        (text,) = texts(github)
        assert published.outcome.did is CommentAction.CREATED
        assert head(text) == f"{TITLE}, a newer run may differ"
        assert f"{NOTE}(https://github.com/acme/shop/actions/runs/11/attempts/2)." in text
        github.open_pull(sha="a" * 40)
        run(variables(tmp_path, where, run="12.1", sha="a" * 40), [bad(sha="a" * 40)])
    (text,) = texts(github)
    assert head(text) == TITLE
    assert NOTE not in text
    assert github.problems == []


@pytest.mark.parametrize(
    "newer",
    [
        {"workflow_id": 7},
        {"event": "push"},
        {"head_sha": "a" * 40},
        {"run_started_at": "2026-01-02T03:04:05Z"},  # ours is a repeated one
    ],
)
def test_other_runs_do_not_count(tmp_path: Path, newer: dict[str, Any]) -> None:
    github = FakeGitHub()
    github.start(10)
    github.start(9)
    github.start(11, **newer)
    with serving(github) as where:
        run(variables(tmp_path, where, run="10.1"), [bad()])
    (text,) = texts(github)
    assert head(text) == TITLE
    assert github.problems == []


@pytest.mark.parametrize("pipeline", [{"id": 11}, {"id": 9}, {"id": 11, "source": "push"}], ids=str)
def test_gitlab_lists_the_pipelines_of_a_merge_request(pipeline: dict[str, Any]) -> None:
    gitlab = FakeGitLab()
    gitlab.start(10)
    gitlab.runs.insert(0, gitlab.runs[0] | pipeline)
    with serving(gitlab) as where:
        wanted = RequestedPull("acme/shop", 42, SHA, "10.1")
        publish(on_gitlab(where["GITHUB_API_URL"], wanted, Clock().patience()), [bad()], CommentOptions(id="orders"))
    (text,) = texts(gitlab)
    assert ("a newer run may differ" in head(text)) is (pipeline == {"id": 11})


def test_gitlab_shows_no_pipeline_to_an_account_that_is_not_allowed_to_see_them() -> None:
    gitlab = FakeGitLab()
    with serving(gitlab) as where:
        wanted = RequestedPull("acme/shop", 42, SHA, "10.1")
        publish(on_gitlab(where["GITHUB_API_URL"], wanted, Clock().patience()), [bad()], CommentOptions(id="orders"))
    (text,) = texts(gitlab)
    assert "newer runs are not visible to this token" in text


@pytest.mark.parametrize(
    "target",
    [{}, {"pullrequest": {"id": 7}}, {"commit": {"hash": "a" * 40}}, {"selector": {"type": "custom", "pattern": "x"}}],
    ids=str,
)
def test_bitbucket_lists_pipelines_with_their_targets(target: dict[str, Any]) -> None:
    cloud = FakeCloud()
    cloud.start(10)
    cloud.start(11, **target)
    with serving(cloud) as where:
        wanted = RequestedPull("acme/shop", 42, SHA, "10.1")
        publish(on_bitbucket(where["GITHUB_API_URL"], wanted, Clock().patience()), [bad()], CommentOptions(id="orders"))
    (text,) = texts(cloud)
    assert ("a newer run may differ" in head(text)) is (target == {})


def test_a_repeated_run_is_newer_than_itself_before(tmp_path: Path) -> None:
    github = FakeGitHub()
    github.start(10, run_attempt=2)
    with serving(github) as where:
        run(variables(tmp_path, where, run="10.1"), [bad()])
        assert head(*texts(github)) == f"{TITLE}, a newer run may differ"
        run(variables(tmp_path, where, run="10.2"), [bad()])
        assert head(*texts(github)) == TITLE


@pytest.mark.parametrize(
    "step",
    [
        says(403, "Resource not accessible by integration"),
        says(403, "You have exceeded a secondary rate limit", retry_after="60"),
        says(404),
        says(502),
        cut_before,
        answers(Raw(b"<html>")),
        answers(Raw(b"[" * 200_000)),
        answers({"workflow_runs": [{"id": "10"}]}),
        answers({"workflow_runs": []}),
    ],
)
def test_a_refusal_to_list_runs_costs_one_request_and_nothing_else(tmp_path: Path, step: Step) -> None:
    github = FakeGitHub()
    github.fault("GET", "/actions/runs", step, times=9)
    with serving(github) as where:
        clock = Clock()
        published = run(variables(tmp_path, where), [bad()], patience=clock.patience())
    assert published.outcome.did is CommentAction.CREATED
    assert str(published.outcome).startswith("comment created: https://")
    assert head(*texts(github)) == TITLE
    assert sum("/actions/runs" in path for _, path in github.requests) == 1
    assert clock.waited < 4


def test_a_new_comment_says_that_newer_runs_are_hidden(tmp_path: Path) -> None:
    github = FakeGitHub()
    github.fault("GET", "/actions/runs", says(403, "Resource not accessible by integration"), times=9)
    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        (first,) = texts(github)
        assert head(first) == TITLE
        assert "/attempts/1) · newer runs are not visible to this token · id" in first
        run(variables(tmp_path, where, run="10.1"), [bad()])
    (second,) = texts(github)
    assert "not visible" not in second
    assert is_same_body(first, second)


@pytest.mark.parametrize("on_clean", ["update", "delete", "minimize"])
@pytest.mark.parametrize("host", [FakeGitHub, FakeGitLab])
def test_a_slow_all_clear_that_may_have_replaced_a_newer_result_names_its_run(
    tmp_path: Path, host: type[FakeGitHub], on_clean: Any
) -> None:
    """Where no former texts are shown, and the newer run has looked again before."""
    fake, clock = host(), Clock()
    fake.shows_former = False
    for number in (9, 10, 11):
        fake.start(number)
    conversation = on_gitlab if host is FakeGitLab else on_github

    def one(number: int, report: Report, patience: WaitBudget) -> Published:
        wanted = RequestedPull("acme/shop", 42, SHA, f"{number}.1")
        there = conversation(where["GITHUB_API_URL"], wanted, patience)
        if isinstance(there, GitHubConversation):
            there = GitHubConversation(there.client, wanted, {"GITHUB_ACTIONS": "true"})
        return publish(there, [report], CommentOptions(id="orders", suggestions=0, on_clean=on_clean))

    def late(go: Callable[[], Answer]) -> Answer:
        one(11, bad(message="of the newest run"), Clock().patience())
        clock.sleep(20)
        return go()

    with serving(fake) as where:
        one(9, bad(), Clock().patience())
        fake.fault("DELETE" if on_clean == "delete" else "PUT" if host is FakeGitLab else "PATCH", "", late)
        one(10, clean(), clock.patience())
    (text,) = texts(fake)
    assert head(text).startswith("### ❔ tfcheck: ")
    assert head(text).endswith("the task definition can start in `infra/orders`, a newer run may differ")
    assert not any(each["minimized"] for each in fake.comments.values())
    assert fake.problems == []


def test_only_runs_that_create_a_comment_list_runs(tmp_path: Path) -> None:
    github = FakeGitHub()
    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [clean()])
        assert not any("/actions/runs" in path for _, path in github.requests)
        run(variables(tmp_path, where, run="10.1"), [bad()])
        run(variables(tmp_path, where, run="11.1"), [clean()])
    assert sum("/actions/runs" in path for _, path in github.requests) == 1
    assert github.problems == []


def test_outside_of_workflows_nothing_lists_runs() -> None:
    for host, conversation in ((FakeGitHub(), on_github), (FakeGitea(), on_gitea)):
        with serving(host) as where:
            wanted = RequestedPull("acme/shop", 42, SHA, "10.0")
            publish(
                conversation(where["GITHUB_API_URL"], wanted, Clock().patience()), [bad()], CommentOptions(id="orders")
            )
        assert not any("/actions/runs" in path for _, path in host.requests)
        assert len(texts(host)) == 1


@quickly
@given(order=orders)
def test_in_any_order_an_older_result_of_a_commit_is_replaced_or_names_the_newer_run(
    tmp_path: Path, order: list[int]
) -> None:
    github = FakeGitHub()
    github.start(10)
    github.start(11)
    together(github, tmp_path, order, "10.1", "11.1", reports=[bad(), clean()], on_clean="update")
    for text in texts(github):
        assert "✅" in head(text) or head(text).endswith(", a newer run may differ")
    assert github.problems == []


def test_the_newer_run_stays_named_when_an_older_one_writes_again(tmp_path: Path) -> None:
    github = FakeGitHub()
    for number in (10, 11, 12):
        github.start(number)
    with serving(github) as where:
        run(variables(tmp_path, where, run="12.1"), [clean()])
        run(variables(tmp_path, where, run="10.1"), [bad()])
        run(variables(tmp_path, where, run="11.1"), [bad(message="of the second run")])
        (text,) = texts(github)
        assert "Of the second run" in text
        assert head(text) == f"{TITLE}, a newer run may differ"
        run(variables(tmp_path, where, run="12.1"), [bad(message="of the newest run")])
    (text,) = texts(github)
    assert head(text) == TITLE
    assert github.problems == []


def test_a_comment_of_which_only_the_marker_is_left_is_written_again(tmp_path: Path) -> None:
    github = FakeGitHub()
    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        (comment,) = github.comments.values()
        comment["body"] = comment["body"].split("\n")[0]
        published = run(variables(tmp_path, where, run="10.1"), [bad()])
    assert published.outcome.did is CommentAction.UPDATED
    assert [head(text) for text in texts(github)] == [TITLE]


@pytest.mark.parametrize("on_clean", ["update", "delete", "minimize"])
@pytest.mark.parametrize(
    ("host", "conversation"), [(FakeGitHub, on_github), (FakeGitLab, on_gitlab), (FakeCloud, on_bitbucket)]
)
def test_an_older_run_about_more_targets_names_the_newer_one_that_it_replaces(
    host: type[FakeGitHub], conversation: Callable[..., Any], on_clean: Any
) -> None:
    """It is a newer run, not another job, and what it has found must not look resolved, or disappear."""
    fake = host()

    def one(number: int, *reports: Report) -> Published:
        wanted = RequestedPull("acme/shop", 42, SHA, f"{number}.1")
        there = conversation(where["GITHUB_API_URL"], wanted, Clock().patience())
        return publish(there, reports, CommentOptions(id="orders", suggestions=0, on_clean=on_clean))

    with serving(fake) as where:
        one(11, bad("a"))
        older = one(10, clean("a"), clean("b"))
        (text,) = texts(fake)
        assert head(text) == "### ❔ tfcheck: both task definitions can start in `a`, `b`, a newer run may differ"
        assert "another job" not in text
        assert older.warnings == ()
        one(12, bad("a"), clean("b"))
    (text,) = texts(fake)
    assert head(text) == "### ❌ tfcheck: 1 task definition will not start in `a` (1 of 2 targets)"
    assert not any(each.get("minimized") for each in fake.comments.values())


def test_an_older_run_about_more_targets_removes_no_suggestion_of_a_newer_one(tmp_path: Path) -> None:
    github = FakeGitHub()
    comment = comment_key(marker("orders").comment)
    body = f"{SuggestionMarker('0' * 16, comment)}\nTry this."
    with serving(github) as where:
        run(variables(tmp_path, where, run="11.1"), [bad("a")])
        kept = github.remark(body)
        run(variables(tmp_path, where, run="10.1"), [clean("a"), clean("b")])
        assert kept in github.remarks
        run(variables(tmp_path, where, run="12.1"), [clean("a"), clean("b")])
    assert kept not in github.remarks


@pytest.mark.parametrize("visible", [True, False])
def test_a_repeated_run_replaces_a_run_that_started_before_it_was_repeated(tmp_path: Path, visible: bool) -> None:
    """It keeps its number, so only the list of runs shows that it is the newest."""
    github = FakeGitHub()
    github.start(11)
    github.start(10, run_attempt=2, run_started_at="2026-01-02T03:05:00Z")
    if not visible:
        github.fault("GET", "/actions/runs", says(403), times=9)
    with serving(github) as where:
        run(variables(tmp_path, where, run="11.1"), [bad()])
        again = run(variables(tmp_path, where, run="10.2"), [bad(message="of the repeated run")]).outcome
    (text,) = texts(github)
    assert (head(text), "Of the repeated run" in text) == (TITLE, visible)
    assert again.did is (CommentAction.UPDATED if visible else CommentAction.NOTHING)


def test_the_run_that_another_one_follows_is_named() -> None:
    followed = RequestedPull("acme/shop", 42, SHA, "30.1", follows="11.2")
    assert [run_of(marker("", run=run).run) for run in (followed.order, "11.2")] == ["11.2", "11.2"]
