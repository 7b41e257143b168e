"""Writes that arrive late, or are refused, while other jobs write to the same comment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pull_request.fake import SHA, Answer, FakeGitHub, cut_after, cut_before, says, serving
from tests.pull_request.fake_gitlab import FakeGitLab
from tests.pull_request.job import Clock, bad, clean, run, variables
from tests.pull_request.test_late_writes import Calendar
from tests.pull_request.test_races import on_gitlab, texts
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.publish import Published, publish
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions
from tfcheck.vocabulary.finding import Report

NOT_SHOWN = "result of `infra/orders (another job)` not shown"


def titles(github: FakeGitHub) -> list[str]:
    return [text.split("\n")[1] for text in texts(github)]


@pytest.mark.parametrize("pushed", [True, False])
def test_a_comment_that_was_created_slowly_is_not_a_false_alarm(tmp_path: Path, pushed: bool) -> None:
    """Meanwhile a newer run has found nothing and left no comment, for this commit or for a newer one."""
    github, clock = FakeGitHub(), Clock()
    github.start(10)

    def late(go: Callable[[], Answer]) -> Answer:
        github.start(11)
        if pushed:
            github.open_pull(sha="a" * 40)
        clock.sleep(20)
        return go()

    with serving(github) as where:
        github.fault("POST", "/issues/42/comments", late)
        older = run(variables(tmp_path, where, run="10.1"), [bad()], patience=clock.patience())
    if pushed:
        assert (titles(github), older.outcome.did) == ([], CommentAction.NOTHING)
    else:
        assert titles(github)[0].endswith(", a newer run may differ")
    assert github.problems == []


def test_a_slow_change_of_a_removed_comment_creates_none_for_an_old_commit(tmp_path: Path) -> None:
    github, clock = FakeGitHub(), Clock()

    def late(go: Callable[[], Answer]) -> Answer:
        github.comments.clear()  # a run of the newer commit has found nothing
        github.open_pull(sha="a" * 40)
        clock.sleep(20)
        return go()

    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault("PATCH", "/issues/comments/", late)
        older = run(variables(tmp_path, where, run="10.1"), [bad(message="otherwise")], patience=clock.patience())
    assert (titles(github), older.outcome.did) == ([], CommentAction.NOTHING)


def test_a_run_that_replaces_a_comment_on_another_commit_looks_for_a_newer_one(tmp_path: Path) -> None:
    """It may have ended without a comment, before a slow run of the other commit created this one."""
    github = FakeGitHub()
    with serving(github) as where:
        github.open_pull(sha="a" * 40)
        run(variables(tmp_path, where, run="9.1", sha="a" * 40), [bad(sha="a" * 40)])
        github.open_pull(sha=SHA)
        github.start(10)
        github.start(11)
        run(variables(tmp_path, where, run="10.1"), [bad()])
    assert titles(github)[0].endswith(", a newer run may differ")


@pytest.mark.parametrize("times", [1, 9])
def test_a_comment_that_may_not_be_changed_gets_no_second_one(tmp_path: Path, times: int) -> None:
    """GitHub answers 404 where a permission is missing."""
    github = FakeGitHub()
    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault("PATCH", "", says(404, "Not Found"), times)
        if times == 1:
            assert run(variables(tmp_path, where, run="10.1"), [clean()]).outcome.did is CommentAction.UPDATED
        else:
            with pytest.raises(RefusalError) as caught:
                run(variables(tmp_path, where, run="10.1"), [clean()])
            assert caught.value.kind is RefusalKind.GONE
    assert len(texts(github)) == 1


def test_a_comment_that_may_not_be_removed_is_updated(tmp_path: Path) -> None:
    github = FakeGitHub()
    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault("DELETE", "", says(404, "Not Found"), 9)
        done = run(variables(tmp_path, where), [clean()], CommentOptions(id="orders", on_clean="delete"))
    assert done.outcome.did is CommentAction.UPDATED
    assert titles(github)[0].startswith("### ✅ tfcheck: resolved, ")


def test_a_second_comment_of_our_own_is_not_that_of_another_job(tmp_path: Path) -> None:
    """Two jobs of one run create comments at once, and the removal of the newer one is lost."""
    github = FakeGitHub()

    def other(go: Callable[[], Answer]) -> Answer:
        run(variables(tmp_path, where), [bad(message="of the other job")])
        return go()

    with serving(github) as where:
        github.fault("POST", "/issues/42/comments", other)
        github.fault("DELETE", "/issues/", cut_before)
        run(variables(tmp_path, where), [bad()])
    (title,) = titles(github)
    assert title.endswith(NOT_SHOWN)


def test_a_minimized_comment_like_ours_does_not_replace_one_that_is_shown(tmp_path: Path) -> None:
    github = FakeGitHub()
    minimize = CommentOptions(id="orders", on_clean="minimize")
    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        run(variables(tmp_path, where), [clean()], minimize)
        run(variables(tmp_path, where), [bad()])
        run(variables(tmp_path, where), [clean()])
    assert "✅" not in titles(github)[-1]
    assert titles(github)[-1].endswith(NOT_SHOWN)


def test_a_note_about_a_slow_removal_gives_way_although_its_answer_is_lost(tmp_path: Path) -> None:
    """It is created only after the run of a newer commit has created a comment."""
    github, calendar = FakeGitHub(), Calendar()
    newest = "a" * 40

    def slow(go: Callable[[], Answer]) -> Answer:
        done = go()
        calendar.sleep(20)
        github.open_pull(sha=newest)
        return done

    def lost(go: Callable[[], Answer]) -> Answer:
        environment = variables(tmp_path, where, run="11.1", sha=newest)
        calendar.after(5, lambda: run(environment, [bad(sha=newest)]))
        calendar.after(10, go)
        return says(502)(go)

    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault("DELETE", "/issues/", slow)
        github.fault("POST", "/issues/", lost)
        on_clean = CommentOptions(id="orders", on_clean="delete")
        run(variables(tmp_path, where), [clean()], on_clean, patience=calendar.patience())
    assert titles(github) == ["### ❌ tfcheck: 1 task definition will not start in `infra/orders`"]
    assert calendar.events == []


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize(("target", "name"), [("infra/orders", "infra/orders (another job)"), ("web", "web")])
def test_what_a_slow_write_replaced_of_another_job_is_named(
    tmp_path: Path, answered: bool, target: str, name: str
) -> None:
    github, clock = FakeGitHub(), Clock()

    def late(go: Callable[[], Answer]) -> Answer:
        run(variables(tmp_path, where), [bad(target, message="of the other job")])
        clock.sleep(20)
        return go() if answered else cut_after(go)

    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault("PATCH", "", late)
        run(variables(tmp_path, where), [clean()], patience=clock.patience())
    (title,) = titles(github)
    assert title.endswith(f"result of `{name}` not shown")


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("found", [True, False])
def test_a_slow_text_is_in_doubt_where_nothing_shows_what_it_replaced(answered: bool, found: bool) -> None:
    """Several jobs of one pipeline of GitLab, with one id and one target."""
    gitlab, clock = FakeGitLab(), Clock()

    def one(report: Report, clock: Clock, number: int = 10) -> Published:
        wanted = RequestedPull("acme/shop", 42, SHA, f"{number}.1")
        return publish(on_gitlab(api, wanted, clock.patience()), [report], CommentOptions(id="orders"))

    def late(go: Callable[[], Answer]) -> Answer:
        one(bad(message="of the other job"), Clock())
        clock.sleep(20)
        return go() if answered else cut_after(go)

    with serving(gitlab) as where:
        api = where["GITHUB_API_URL"]
        one(bad(), Clock(), 9)
        gitlab.fault("PUT", "", late)
        one(bad() if found else clean(), clock)
    (text,) = texts(gitlab)
    title = text.split("\n")[1]
    if found:
        assert title == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
    else:
        assert title.startswith("### ❔ tfcheck: resolved, ")
        assert title.endswith(", another result may be missing")
    assert "**Another result may be missing**: this one was written slowly, and may have replaced that of" in text
