"""Jobs that write at the same time, in every order in which their requests can arrive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.laws import tries
from tests.pull_request.fake import SHA, Answer, FakeGitHub, Step, cut_before, says, serving
from tests.pull_request.job import Clock, bad, clean, run, variables
from tfcheck.pull_request.comment import OnClean
from tfcheck.pull_request.outcome import CommentAction
from tfcheck.pull_request.publish import CommentOptions
from tfcheck.report.markdown.marker import marker


class Turns:
    """Lets one request of one job through at a time, in the order of a list."""

    def __init__(self, jobs: int, order: list[int]) -> None:
        self.order = order
        self.active = set(range(jobs))
        self.waiting: set[int] = set()
        self.turn: int | None = None
        self.changed = threading.Condition()

    def take(self, job: int) -> None:
        with self.changed:
            self.waiting.add(job)
            self._next()
            assert self.changed.wait_for(lambda: self.turn == job, timeout=20)
            self.waiting.remove(job)

    def give_back(self) -> None:
        with self.changed:
            self.turn = None
            self._next()

    def leave(self, job: int) -> None:
        with self.changed:
            self.active.remove(job)
            self._next()

    def _next(self) -> None:
        """Choose once everybody who is still at work waits: else the order would be that of the machine."""
        if self.turn is None and self.active and self.waiting == self.active:
            wanted = self.order.pop(0) if self.order else 0
            self.turn = sorted(self.waiting)[wanted % len(self.waiting)]
            self.changed.notify_all()


def together(github: FakeGitHub, tmp_path: Path, order: list[int], *runs: str) -> None:
    """Run jobs at once, their requests in the order that is given."""
    turns = Turns(len(runs), list(order))

    def job(number: int, where: dict[str, str]) -> None:
        report = bad(message="of the newest run" if runs[number] == max(runs) else "of an older run")
        patience = Clock().patience()
        told = variables(tmp_path, where, run=runs[number])
        try:
            run(told, [report], patience=patience, around=around(number))
        finally:
            turns.leave(number)

    def around(number: int) -> Callable[[Callable[[], object]], object]:
        def one(send: Callable[[], object]) -> object:
            turns.take(number)
            try:
                return send()
            finally:
                turns.give_back()

        return one

    with serving(github) as where:
        threads = [threading.Thread(target=job, args=(number, where)) for number in range(len(runs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


orders = st.lists(st.integers(0, 2), max_size=40)
quickly = tries(10, suppress_health_check=list(HealthCheck))


@quickly
@given(order=orders)
def test_two_jobs_that_find_no_comment_leave_one_with_what_the_newer_says(tmp_path: Path, order: list[int]) -> None:
    github = FakeGitHub()
    together(github, tmp_path, order, "10.1", "11.1")
    (comment,) = github.comments.values()
    assert "Of the newest run" in comment["body"]
    assert github.problems == []


WAITS = [says(429, "slow down", retry_after="9"), says(403, "secondary rate limit"), says(502), cut_before]


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize(("method", "on_clean"), [("PATCH", "update"), ("DELETE", "delete"), ("GET", "delete")])
@pytest.mark.parametrize("pushed", [True, False])
def test_a_write_that_waited_reads_head_and_thread_first(
    tmp_path: Path, wait: Step, method: str, on_clean: OnClean, pushed: bool
) -> None:
    """A newer run finishes while an older one waits, for the same commit or for a newer one."""
    github = FakeGitHub()
    sha = "a" * 40 if pushed else SHA

    def newer(go: Callable[[], Answer]) -> Answer:
        github.open_pull(sha=sha)
        run(variables(tmp_path, where, sha=sha, run="11.1"), [bad(message="of the newest run", sha=sha)])
        return wait(go)

    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault(method, "/issues/", newer)
        older = run(variables(tmp_path, where, run="10.1"), [clean()], CommentOptions(id="orders", on_clean=on_clean))
    assert older.outcome.did is CommentAction.NOTHING
    (comment,) = github.comments.values()
    assert "Of the newest run" in comment["body"]
    assert github.problems == []


@quickly
@given(order=orders, doubled=st.booleans())
def test_three_jobs_never_leave_two_comments_or_none(tmp_path: Path, order: list[int], doubled: bool) -> None:
    github = FakeGitHub()
    for number in range(2 if doubled else 0):
        github.say(f"{marker('orders', SHA, f'{number}.1')}\nof an older run")
    together(github, tmp_path, order, "10.1", "12.1", "11.1")
    assert len(github.comments) == 1
    assert github.problems == []
