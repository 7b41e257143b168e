"""Writes whose answer is lost, and which the host carries out after a newer run has written and looked again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pull_request.fake import SHA, Answer, CutError, FakeGitHub, Step, cut_after, says, serving
from tests.pull_request.fake_gitlab import FakeGitLab
from tests.pull_request.job import Clock, bad, clean, run, variables
from tests.pull_request.test_races import HOSTS, on_github, on_gitlab, push, quickly, texts
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.publish import Published, publish
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions, OnClean
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.vocabulary.finding import Report


class Calendar(Clock):
    """A clock with events that happen while somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[float, Callable[[], object]]] = []

    def after(self, seconds: float, event: Callable[[], object]) -> None:
        self.events.append((self.time + seconds, event))

    def sleep(self, seconds: float) -> None:
        end = self.time + seconds
        while due := [each for each in self.events if each[0] <= end]:
            first = min(due, key=lambda each: each[0])
            self.events.remove(first)
            self.time = max(self.time, first[0])
            first[1]()
        self.waited += seconds
        self.time = max(self.time, end)


class Story:
    """Run 10, one of whose writes is lost, and run 11, for the same commit or for a newer one."""

    def __init__(self, host: FakeGitHub, conversation: Callable[..., Conversation[Any]], *, pushed: bool) -> None:
        self.host = host
        self.conversation = conversation
        self.sha = "a" * 40 if pushed else SHA
        self.clock = Calendar()
        self.api = ""

    def older(self, report: Report, on_clean: OnClean = "update") -> Published:
        """Run it, and let everything happen that comes after it."""
        published = self.run(10, report, self.clock.patience(), on_clean)
        self.clock.sleep(100)
        return published

    def run(self, number: int, report: Report, patience: WaitBudget, on_clean: OnClean = "update") -> Published:
        wanted = RequestedPull("acme/shop", 42, self.sha if number > 10 else SHA, f"{number}.1")
        there = self.conversation(self.api, wanted, patience)
        if isinstance(there, GitHubConversation):  # which lists the runs
            there = GitHubConversation(there.client, wanted, {"GITHUB_ACTIONS": "true"})
        return publish(there, [report], CommentOptions(id="orders", suggestions=0, on_clean=on_clean))

    def newer(self, report: Report) -> None:
        push(self.host, self.sha)
        self.host.start(11, head_sha=self.sha)
        self.run(11, report, Clock().patience())

    def lose(self, newer: Report, *, written: float, applied: float, silence: float) -> Step:
        """Give no answer for some seconds; the newer run writes, and then the host does what it was asked."""

        def step(go: Callable[[], Answer]) -> Answer:
            self.clock.after(silence + written, lambda: self.newer(newer))
            self.clock.after(silence + written + applied, go)
            self.clock.sleep(silence)
            raise CutError

        return step

    def titles(self) -> list[str]:
        return [each.split("\n")[1] for each in texts(self.host)]


#: Until the newer run writes, and from then on until the lost write is applied: after it has looked again.
times = st.tuples(st.floats(0.1, 20), st.floats(3, 9))


@quickly
@given(
    host=st.sampled_from(HOSTS),
    shows_former=st.booleans(),
    pushed=st.booleans(),
    silence=st.sampled_from([0, 30]),
    when=times,
    clears=st.booleans(),
)
def test_a_lost_change_does_not_replace_what_a_newer_run_writes(
    host: Any, shows_former: bool, pushed: bool, silence: float, when: tuple[float, float], clears: bool
) -> None:
    fake, conversation = host
    story = Story(fake(), conversation, pushed=pushed)
    story.host.shows_former = shows_former
    newer = bad(message="of the newest run", sha=story.sha)
    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        story.run(9, bad(message="of the oldest run"), Clock().patience())
        lost = story.lose(newer, written=when[0], applied=when[1], silence=silence)
        story.host.fault("PATCH" if fake.__name__ in ("FakeGitHub", "FakeGitea") else "PUT", "", lost)
        older = clean() if clears else bad(message="of the older run")
        published = story.older(older)
    (text,) = texts(story.host)
    assert "Of the newest run" in text
    assert str(published.outcome).startswith("no comment: ") or when[0] > 15
    assert story.clock.waited <= 220
    assert story.host.problems == []


@quickly
@given(pushed=st.booleans(), silence=st.sampled_from([0, 30]), when=times)
def test_a_lost_comment_leaves_neither_two_nor_a_false_alarm(
    pushed: bool, silence: float, when: tuple[float, float]
) -> None:
    """The newer run has found nothing; where it has seen no comment, it has left none."""
    story = Story(FakeGitHub(), on_github, pushed=pushed)
    story.host.start(10)
    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        lost = story.lose(clean(sha=story.sha), written=when[0], applied=when[1], silence=silence)
        story.host.fault("POST", "/comments", lost)
        story.older(bad())
    titles = story.titles()
    assert len(titles) <= 1
    for title in titles:
        assert title.startswith("### ✅ tfcheck: resolved, ") or (
            not pushed and title.endswith(" a newer run may differ")
        )
    assert story.host.problems == []


@pytest.mark.parametrize("written", [-12, 0.1])
@pytest.mark.parametrize("pushed", [True, False])
@pytest.mark.parametrize(("fake", "conversation"), [(FakeGitHub, on_github), (FakeGitLab, on_gitlab)])
def test_a_lost_removal_is_not_an_all_clear(
    fake: type[FakeGitHub], conversation: Callable[..., Conversation[Any]], pushed: bool, written: float
) -> None:
    """The newer run has written to the comment before it is removed; also before the answer counts as lost."""
    story = Story(fake(), conversation, pushed=pushed)
    newer = bad(message="of the newest run", sha=story.sha)
    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        story.run(9, bad(), Clock().patience())
        story.host.fault("DELETE", "", story.lose(newer, written=written, applied=7, silence=30))
        story.older(clean(), "delete")
    (text,) = texts(story.host)
    assert "Of the newest run" in text or text.split("\n")[1].startswith("### ❔ tfcheck: ")
    assert story.host.problems == []


@pytest.mark.parametrize("pushed", [True, False])
def test_a_slow_removal_is_not_an_all_clear_also_after_a_wait(pushed: bool) -> None:
    """GitHub limits the rate when the run is about to write that another result may be missing."""
    story = Story(FakeGitHub(), on_github, pushed=pushed)

    def slow(go: Callable[[], Answer]) -> Answer:
        story.newer(bad(sha=story.sha))
        story.host.fault("POST", "/comments", says(429, "slow down", retry_after="5"))
        story.clock.sleep(8)
        return go()

    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        story.run(9, bad(), Clock().patience())
        story.host.fault("DELETE", "", slow)
        story.older(clean(), "delete")
    (title,) = story.titles()
    assert title.startswith("### ❔ tfcheck: ")


def test_what_a_newer_run_removes_stays_removed() -> None:
    """The lost removal was of another comment, in whose place the run has written a note."""
    story = Story(FakeGitHub(), on_github, pushed=True)

    def lost(go: Callable[[], Answer]) -> Answer:
        go()
        story.clock.sleep(30)
        story.clock.after(3, lambda: story.newer(bad(sha=story.sha)))
        story.clock.after(8, lambda: story.run(12, clean(sha=story.sha), Clock().patience(), "delete"))
        raise CutError

    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        story.run(9, bad(), Clock().patience())
        story.host.fault("DELETE", "", lost)
        story.older(clean(), "delete")
    assert texts(story.host) == []
    assert story.host.problems == []


@pytest.mark.parametrize("pushed", [True, False])
def test_a_lost_comment_does_not_come_back_once_a_newer_run_has_removed_the_second_one(pushed: bool) -> None:
    story = Story(FakeGitHub(), on_github, pushed=pushed)

    def lost(go: Callable[[], Answer]) -> Answer:
        story.clock.after(9, lambda: push(story.host, story.sha))
        story.clock.after(9, lambda: story.run(11, clean(sha=story.sha), Clock().patience(), "delete"))
        story.clock.after(12, go)
        raise CutError

    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        story.host.fault("POST", "/comments", lost)
        published = story.older(bad())
    assert texts(story.host) == []
    assert str(published.outcome) == "no comment: a newer run or a person has removed it"
    assert story.host.problems == []


def test_a_lost_minimizing_does_not_hide_what_a_newer_run_writes() -> None:
    story = Story(FakeGitHub(), on_github, pushed=False)
    lost = story.lose(bad(message="of the newest run"), written=1, applied=7, silence=0)

    def minimizing(go: Callable[[], Answer]) -> Answer:
        asked = "minimizeComment(" in story.host.bodies[-1]["query"]
        return lost(go) if asked and not story.host.runs else go()

    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        story.run(9, bad(), Clock().patience())
        story.host.fault("POST", "/graphql", minimizing, 9)
        published = story.older(clean(), "minimize")
    (comment,) = story.host.comments.values()
    assert "Of the newest run" in comment["body"]
    assert comment["minimized"] is None
    assert str(published.outcome) == "no comment: a newer run has written the comment"


def test_a_lost_answer_costs_no_time_once_its_write_is_there(tmp_path: Path) -> None:
    github, clock = FakeGitHub(), Clock()
    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault("PATCH", "", cut_after)
        done = run(variables(tmp_path, where, run="10.1"), [clean()], patience=clock.patience())
    assert done.outcome.did is CommentAction.UPDATED
    assert clock.waited < 5


@pytest.mark.parametrize(("fault", "least"), [(says(502), 30), (says(429, "slow down", retry_after="9"), 9)])
def test_a_write_is_followed_that_was_not_refused(tmp_path: Path, fault: Step, least: float) -> None:
    """After a refusal nothing comes late."""
    gitlab, clock = FakeGitLab(), Clock()
    with serving(gitlab) as where:
        for number, report in ((9, bad()), (10, clean())):
            wanted = RequestedPull("acme/shop", 42, SHA, f"{number}.1")
            publish(on_gitlab(where["GITHUB_API_URL"], wanted, clock.patience()), [report], CommentOptions(id="orders"))
            if number == 9:
                gitlab.fault("PUT", "", fault)
                clock.waited = 0
    assert least <= clock.waited <= least + 6
    (text,) = texts(gitlab)
    assert text.split("\n")[1].startswith("### ✅ tfcheck: resolved, ")


@pytest.mark.parametrize("waits", [False, True])
def test_a_newer_result_with_the_text_of_an_older_one_is_restored(tmp_path: Path, waits: bool) -> None:
    github, calendar = FakeGitHub(), Calendar()

    def late(go: Callable[[], Answer]) -> Answer:
        run(variables(tmp_path, where, run="11.1"), [bad()])
        if waits:  # before it is restored
            github.fault("PATCH", "/issues/", says(429, "slow down", retry_after="5"))
        calendar.sleep(20)
        return go()

    with serving(github) as where:
        run(variables(tmp_path, where, run="9.1"), [bad()])
        github.fault("PATCH", "/issues/", late)
        run(variables(tmp_path, where, run="10.1"), [clean()], patience=calendar.patience())
    (text,) = texts(github)
    assert " run=11.1 " in text
    assert text.split("\n")[1] == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
    assert github.problems == []


def test_that_a_newer_commit_has_no_result_is_written_also_after_a_wait() -> None:
    """GitLab keeps no former texts that could be restored."""
    story = Story(FakeGitLab(), on_gitlab, pushed=True)

    def late(go: Callable[[], Answer]) -> Answer:
        story.newer(bad(sha=story.sha))
        story.host.fault("PUT", "", says(429, "slow down", retry_after="5"))
        story.clock.sleep(20)
        return go()

    with serving(story.host) as where:
        story.api = where["GITHUB_API_URL"]
        story.run(9, bad(), Clock().patience())
        story.host.fault("PUT", "", late)
        story.older(clean())
    (title,) = story.titles()
    assert title == "### ❔ tfcheck: no result for `infra/orders`"


def test_a_doubt_about_another_result_is_kept_when_the_comment_is_written_again() -> None:
    """A late write of an older run, for another commit, replaces the text with the doubt."""
    host = FakeGitLab()
    story = Story(host, on_gitlab, pushed=False)

    def slow(go: Callable[[], Answer]) -> Answer:
        story.clock.sleep(20)
        return go()

    def replaced(go: Callable[[], Answer]) -> Answer:
        (note,) = host.notes.values()
        note["body"] = before.replace(SHA, "b" * 40)
        return go()

    with serving(host) as where:
        story.api = where["GITHUB_API_URL"]
        story.run(9, bad(), Clock().patience())
        (before,) = texts(host)
        host.fault("PUT", "", slow)
        host.fault("GET", "/pipelines", replaced)
        story.older(clean())
    (title,) = story.titles()
    assert title.endswith(", another result may be missing")
