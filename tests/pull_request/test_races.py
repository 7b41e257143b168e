"""Jobs that write at the same time, in every order in which their requests can arrive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.laws import part, tries
from tests.pull_request.fake import SHA, TOKEN, Answer, FakeGitHub, Step, cut_after, cut_before, says, serving
from tests.pull_request.fake_bitbucket import FakeCloud
from tests.pull_request.fake_gitea import FakeGitea
from tests.pull_request.fake_gitlab import PROJECT, FakeGitLab
from tests.pull_request.job import Clock, bad, clean, event, ran, run, variables
from tfcheck.pull_request.bitbucket import CloudConversation
from tfcheck.pull_request.client import Client, Hosts
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.github import GiteaConversation, GitHubConversation
from tfcheck.pull_request.gitlab import MergeConversation
from tfcheck.pull_request.publish import Published, publish
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions, OnClean, When
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.report.markdown.escape import restore_markers
from tfcheck.report.markdown.marker import marker
from tfcheck.vocabulary.finding import Report


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
            assert self.changed.wait_for(lambda: self.turn == job, timeout=600)
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


def together(
    github: FakeGitHub,
    tmp_path: Path,
    order: list[int],
    *runs: str,
    reports: Sequence[Report] = (),
    on_clean: OnClean | None = None,
) -> None:
    """Run jobs at once, their requests in the order that is given: what one waits passes for all."""
    turns, clock = Turns(len(runs), list(order)), Clock()

    def job(number: int, where: dict[str, str]) -> None:
        message = "of the newest run" if runs[number] == max(runs) else "of an older run"
        report = reports[number] if reports else bad(message=message)
        patience = clock.patience()
        environment = variables(tmp_path, where, run=runs[number])
        try:
            when: When = "always" if reports and not on_clean else "findings"
            comment_options = CommentOptions(id="orders", when=when, on_clean=on_clean or "update")
            run(environment, [report], comment_options, patience=patience, around=around(number))
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


@quickly
@given(order=orders)
def test_an_older_job_that_minimizes_does_not_hide_what_a_newer_one_has_written(
    tmp_path: Path, order: list[int]
) -> None:
    github = FakeGitHub()
    github.say(f"{marker('orders', '0ff0' * 10, '9.1')}\n### ❌ tfcheck: 1 task definition will not start")
    together(github, tmp_path, order, "10.1", "11.1", reports=[clean(), bad()], on_clean="minimize")
    (comment,) = (each for each in github.comments.values() if not each["minimized"])
    assert "run=11.1" in comment["body"]
    assert github.problems == []


def on_github(api: str, pull: RequestedPull, patience: WaitBudget) -> Conversation[Any]:
    return GitHubConversation(Client(Hosts(api, f"{api}/graphql", ""), TOKEN, patience), pull, {})


def on_gitea(api: str, pull: RequestedPull, patience: WaitBudget) -> Conversation[Any]:
    return GiteaConversation(Client(Hosts(api, f"{api}/graphql", ""), TOKEN, patience), pull, {})


def on_gitlab(api: str, pull: RequestedPull, patience: WaitBudget) -> Conversation[Any]:
    about = msgspec.structs.replace(pull, repository=PROJECT)
    return MergeConversation(Client(Hosts(api, "", ""), TOKEN, patience), about)


def on_bitbucket(api: str, pull: RequestedPull, patience: WaitBudget) -> Conversation[Any]:
    return CloudConversation(Client(Hosts(api, "", ""), TOKEN, patience, user="tf"), pull, personal=True)


def texts(host: FakeGitHub) -> list[str]:
    """Return what comments say, on any host."""
    if isinstance(host, FakeCloud):
        return [restore_markers(host.text(number)) for number, each in host.comments.items() if not each["deleted"]]
    found = host.notes if isinstance(host, FakeGitLab) else host.comments
    return [str(each["body"]) for each in found.values()]


def push(host: FakeGitHub, sha: str) -> None:
    host.open_pull(sha=sha)
    if isinstance(host, FakeCloud | FakeGitLab):
        host.sha = sha


HOSTS = [(FakeGitHub, on_github), (FakeGitea, on_gitea), (FakeGitLab, on_gitlab), (FakeCloud, on_bitbucket)]


@pytest.mark.parametrize("pushed", [True, False], ids=["newer commit", "same commit"])
@pytest.mark.parametrize("shows_former", [True, False])
@pytest.mark.parametrize(("fake", "conversation"), HOSTS)
def test_a_write_that_arrives_after_a_newer_job_has_looked_again_gives_way(
    fake: type[FakeGitHub], conversation: Callable[..., Conversation[Any]], shows_former: bool, pushed: bool
) -> None:
    """The newer one has ended and cannot bring its result back; GitHub alone keeps it."""
    host, clock = fake(), Clock()
    host.shows_former = shows_former
    sha = "a" * 40 if pushed else SHA

    def one(number: int, report: Report, commit: str, patience: WaitBudget) -> Published:
        wanted = RequestedPull("acme/shop", 42, commit, f"{number}.1")
        return publish(conversation(api, wanted, patience), [report], CommentOptions(id="orders", suggestions=0))

    def late(go: Callable[[], Answer]) -> Answer:
        push(host, sha)
        one(11, bad(message="of the newest run", sha=sha), sha, Clock().patience())
        clock.sleep(20)
        return go()

    with serving(host) as where:
        api = where["GITHUB_API_URL"]
        one(9, bad(message="of the oldest run"), SHA, Clock().patience())
        host.fault("PATCH" if conversation in (on_github, on_gitea) else "PUT", "", late)
        published = one(10, clean(), SHA, clock.patience())
    (text,) = texts(host)
    assert host.problems == []
    if conversation is on_github and shows_former:
        assert "Of the newest run" in text
        assert str(published.outcome) == "no comment: a newer run has written the comment"
    elif pushed:
        assert text.split("\n")[1] == "### ❔ tfcheck: no result for `infra/orders`"
        assert "but a newer commit has come meanwhile" in str(published.outcome)
    else:
        assert text.split("\n")[1].startswith("### ❔ tfcheck: resolved, ")
        assert text.split("\n")[1].endswith(", another result may be missing")
        assert "but slowly: the result of another job or a newer run may have been" in str(published.outcome)


@pytest.mark.parametrize("forked", [True, False], ids=["fork", "branch"])
@pytest.mark.parametrize("pushed", [True, False])
def test_a_removal_that_arrives_late_is_not_an_all_clear_for_a_newer_commit(
    tmp_path: Path, pushed: bool, forked: bool
) -> None:
    github, clock = FakeGitHub(), Clock()
    sha = "a" * 40 if pushed else SHA
    source = "mallory/shop" if forked else "acme/shop"

    comment_options = CommentOptions(id="orders", on_clean="delete", number=42)

    def job(run: str, sha: str) -> dict[str, str]:
        follows = {"head_sha": sha, "head_repository": {"full_name": source}, "pull_requests": []}
        of_fork = where | event(tmp_path, "workflow_run", {"workflow_run": follows}) | ran(run)
        return of_fork if forked else variables(tmp_path, where, sha=sha, run=run)

    def late(go: Callable[[], Answer]) -> Answer:
        github.open_pull(sha=sha, source=source)
        run(job("11.1", sha), [bad(sha=sha)], comment_options)
        clock.sleep(20)
        return go()

    github.open_pull(source=source)
    with serving(github) as where:
        run(job("9.1", SHA), [bad()], comment_options)
        github.fault("DELETE", "", late)
        older = run(job("10.1", SHA), [clean()], comment_options, patience=clock.patience())
    (title,) = (each.split("\n")[1] for each in texts(github))
    assert title.startswith("### ❔ tfcheck: ")
    assert title.endswith(" no result for `infra/orders`" if pushed else ", another result may be missing")
    assert older.outcome.did is CommentAction.CREATED


@quickly
@given(order=orders, same=st.booleans())
def test_two_jobs_of_one_run_never_hide_each_other(tmp_path: Path, order: list[int], same: bool) -> None:
    """With one id, and one target or two: whoever writes last names the result of the other as not shown."""
    github = FakeGitHub()
    together(github, tmp_path, order, "10.1", "10.1", reports=[bad("a"), clean("a" if same else "b")])
    (comment,) = github.comments.values()
    title = comment["body"].split("\n")[1]
    assert "not shown" in title
    assert "✅" not in title
    assert github.problems == []


WAITS = [says(429, "slow down", retry_after="9"), says(403, "secondary rate limit"), says(502), cut_before]


WRITES: tuple[tuple[str, OnClean], ...] = (("PATCH", "update"), ("DELETE", "delete"), ("GET", "delete"))


@pytest.mark.parametrize(
    ("wait", "method", "on_clean", "pushed"),
    part([(wait, *each, pushed) for wait in WAITS for each in WRITES for pushed in (True, False)], 10),
)
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


@pytest.mark.parametrize("pushed", [True, False])
def test_a_comment_that_was_created_too_late_is_removed_although_answers_are_lost(tmp_path: Path, pushed: bool) -> None:
    """A newer run has created one and looked again; then comes a commit, while the removal is tried again."""
    github = FakeGitHub()

    def late(go: Callable[[], Answer]) -> Answer:
        run(variables(tmp_path, where, run="11.1"), [bad(message="of the newest run")])
        return cut_after(go)

    def pushes(go: Callable[[], Answer]) -> Answer:
        github.open_pull(sha="a" * 40)
        return cut_before(go)

    with serving(github) as where:
        github.fault("POST", "/issues/42/comments", late)
        if pushed:
            github.fault("DELETE", "/issues/", pushes)
        older = run(variables(tmp_path, where, run="10.1"), [bad()])
    assert older.outcome.did is CommentAction.NOTHING
    (text,) = texts(github)
    assert "Of the newest run" in text
    assert github.problems == []


def test_a_late_write_that_a_newer_run_knows_nothing_of_is_not_lost(tmp_path: Path) -> None:
    """The newer one is about another target, found nothing, and has looked again."""
    github, clock = FakeGitHub(), Clock()

    def late(go: Callable[[], Answer]) -> Answer:
        run(variables(tmp_path, where, run="11.1"), [clean("web")])
        clock.sleep(20)
        return go()

    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad("web")])
        github.fault("PATCH", "", late)
        run(variables(tmp_path, where, run="10.1"), [bad("api"), bad("web")], patience=clock.patience())
    (text,) = texts(github)
    assert text.split("\n")[1] == (
        "### ❌ tfcheck: 2 task definitions will not start in `api`, `web`, a newer run may differ"
    )
    assert github.problems == []
