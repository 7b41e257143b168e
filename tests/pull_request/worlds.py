"""Runs at once in a time of their own, whose requests take a moment, are slow or refused, or come late."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.pull_request.fake import REPOSITORY, SHA, FakeGitHub, Json
from tests.pull_request.fake_bitbucket import FakeCloud
from tests.pull_request.fake_gitlab import FakeGitLab
from tests.pull_request.job import bad, clean, event, ran
from tests.pull_request.test_races import HOSTS, on_github, push, texts
from tfcheck.pull_request.connection import DEADLINE, HttpAnswer, NoAnswer
from tfcheck.pull_request.event import RequestedPull, find_pull_request
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.publish import Published, publish
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.report_comment import CommentOptions, OnClean
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.report.markdown.marker import marker, parse_marker

API = "http://host"
#: A lost write is carried out at most so long after its sender has given it up.
LATEST = 29.0
#: Who comments: the run itself, two jobs of it, a run that follows the one of a fork, or the runs of two workflows by
#: turns, of which one follows.
Kind = Literal["itself", "jobs", "fork", "both"]
KINDS: tuple[Kind, ...] = ("itself", "jobs", "fork", "both")
DEFAULT_BRANCH = "d" * 40


class Timeline:
    """Let one thread run at a time, until it waits."""

    def __init__(self) -> None:
        self.time = 0.0
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._paused = threading.Semaphore(0)

    def after(self, seconds: float, event: Callable[[], object]) -> None:
        heapq.heappush(self._events, (self.time + seconds, next(self._order), event))

    def start(self, seconds: float, job: Callable[[], object]) -> None:
        def whole() -> None:
            try:
                job()
            finally:
                self._paused.release()

        self.after(seconds, lambda: self._go_on(threading.Thread(target=whole, daemon=True).start))

    def wait(self, seconds: float) -> None:
        mine = threading.Semaphore(0)
        self.after(seconds, lambda: self._go_on(mine.release))
        self._paused.release()
        mine.acquire()

    def _go_on(self, thread: Callable[[], object]) -> None:
        thread()
        self._paused.acquire()

    def run(self) -> None:
        while self._events:
            self.time, _, event = heapq.heappop(self._events)
            event()


class World:
    """Two or three runs on one host, for one commit or several, and how often a write goes wrong."""

    def __init__(self, seed: int, tmp_path: Path, kind: Kind = "itself") -> None:
        self.random = Random(seed)
        self._tmp_path = tmp_path
        self._kind = kind
        fake, self.conversation = self.random.choice(HOSTS)
        if kind != "itself":
            fake, self.conversation = FakeGitHub, on_github
        self.host: FakeGitHub = fake()
        self._source = "mallory/shop" if kind == "fork" else REPOSITORY
        self._followers = itertools.count(1000)
        self.host.shows_former = self.random.random() < 0.7
        choices: list[OnClean] = ["update", "update", "delete", "minimize"]
        self.on_clean = self.random.choice(choices)
        self.timeline = Timeline()
        self.faults: list[str] = []
        self.most_faults = 0
        self.results: dict[int, Published | RefusalError] = {}
        #: The number of the newest run of each workflow for the newest commit, and whether it finds something.
        self.newest: dict[str, tuple[int, bool]] = {}

    def play(self) -> None:
        """Start the runs, one after the other and each for the newest commit, and wait for all.

        Those that follow start when the plans are there, in any order.
        """
        self._push(SHA)
        if self.random.random() < 0.6:
            self.timeline.start(0, lambda: self._run(9, SHA, found=True))
            self.timeline.run()
        self.most_faults = self.random.choice([1, 1, 2, 3])
        start, sha = 0.0, SHA
        for number in range(10, self.random.choice([12, 12, 13])):
            start += self.random.choice([0, self.random.uniform(0, 5), self.random.uniform(0, 45)])
            if number > 10 and self.random.random() < 0.4:
                sha = f"{number % 10}" * 40
                self.timeline.after(start, partial(self._push, sha))
                self.newest.clear()
                start += self.random.uniform(3, 30)  # a plan takes some time
            found = self.random.random() < 0.5
            job = partial(self._run, number, sha, found=found)
            if self._kind == "jobs":
                second = self.random.random() < 0.5
                target = self.random.choice(["infra/orders", "infra/web"])
                other = partial(self._run, number, sha, found=second, target=target)
                self.timeline.start(start + self.random.choice([0, self.random.uniform(0, 30)]), other)
                found |= second
            self.newest[self._workflow(number)] = number, found
            if self._follows(number):
                self._list(number, sha)
                self.timeline.start(start + self.random.uniform(0, 40), job)
            else:
                self.timeline.start(start, job)
        self.timeline.run()

    def _push(self, sha: str) -> None:
        push(self.host, sha)
        self.host.open_pull(sha=sha, source=self._source)

    def _follows(self, number: int) -> bool:
        return self._kind == "fork" or (self._kind == "both" and number % 2 == 0)

    def _workflow(self, number: int) -> str:
        return "comment" if self._follows(number) else "check"

    def _list(self, number: int, sha: str) -> None:
        fields: Json = {"sha": sha} if isinstance(self.host, FakeGitLab) else {"head_sha": sha}
        self.host.start(number, **({} if isinstance(self.host, FakeCloud) else fields))

    def _wanted(self, number: int, sha: str) -> RequestedPull:
        if self._kind == "itself":
            return RequestedPull(REPOSITORY, 42, sha, f"{number}.1")
        variables = {"GITHUB_WORKFLOW_REF": f"acme/shop/.github/workflows/{self._workflow(number)}.yml@refs/heads/x"}
        pull = {"number": 42, "head": {"sha": sha}}
        if self._follows(number):
            own = next(self._followers)
            started = f"2026-01-02T04:{own % 60:02}:00Z"
            self.host.start(own, event="workflow_run", head_sha=DEFAULT_BRANCH, run_started_at=started)
            run = {"id": number, "run_attempt": 1, "workflow_id": 7, "head_sha": sha}
            pulls = [] if self._kind == "fork" else [pull]
            source = {"head_repository": {"full_name": self._source}, "pull_requests": pulls}
            variables |= event(self._tmp_path, "workflow_run", {"workflow_run": run | source}) | ran(f"{own}.1")
        else:
            variables |= event(self._tmp_path, "pull_request", {"pull_request": pull}) | ran(f"{number}.1")
        found = find_pull_request(variables, 42, [])
        assert isinstance(found, RequestedPull)
        return found

    def visible(self, workflow: str) -> list[str]:
        """Return the comments of a workflow that are not minimized."""
        if isinstance(self.host, FakeCloud | FakeGitLab):
            return texts(self.host)
        shown = [str(each["body"]) for each in self.host.comments.values() if not each["minimized"]]
        if self._kind == "itself":
            return shown
        own = marker("orders", job=f"acme/shop/.github/workflows/{workflow}.yml{' 7' if workflow == 'comment' else ''}")
        return [each for each in shown if (found := parse_marker(each)) and found.job == own.job]

    def _run(self, number: int, sha: str, *, found: bool, target: str = "infra/orders") -> None:
        if not self._follows(number):
            self._list(number, sha)
        patience = WaitBudget(clock=lambda: self.timeline.time, sleep=self.timeline.wait, chance=self.random.random)
        wanted = self._wanted(number, sha)
        there = self.conversation(API, wanted, patience)
        if isinstance(there, GitHubConversation):
            there = GitHubConversation(there.client, wanted, {"GITHUB_ACTIONS": "true"})
        there.client._request = lambda *sent: self._request(patience, *sent)  # type: ignore[method-assign]
        report = bad(target, message=f"of run {number}", sha=sha) if found else clean(target, sha=sha)
        options = CommentOptions(id="orders", suggestions=0, on_clean=self.on_clean)
        try:
            done = publish(there, [report], options)
            self.results.setdefault(number, done)
        except RefusalError as refusal:
            self.results[number] = refusal

    def _request(self, patience: WaitBudget, method: str, url: str, body: Any, most: float = DEADLINE) -> Any:
        """Return the answer to a request, after its faults."""
        deadline = max(min(DEADLINE, most, patience.remaining()), 0.001)

        def carry_out() -> HttpAnswer:
            return self._answer(method, url, body)

        reads = method == "GET" or (url.endswith("/graphql") and "mutation" not in body["query"])
        if self.random.random() >= (0.05 if reads else 0.4) or len(self.faults) >= self.most_faults:
            return self._delayed(carry_out, self.random.uniform(0.02, 0.4))
        kind = self.random.choice(["slow", "lost", "lost", "cut", "502", "429", "never", "unanswered"])
        self.faults.append(kind)
        match kind:
            case "slow" if deadline == DEADLINE:
                return self._delayed(carry_out, self.random.uniform(3, 26))
            case "429":
                return HttpAnswer(429, {"retry-after": self.random.choice(["3", "20"])}, b'{"message": "slow down"}')
            case "unanswered":
                carry_out()
            case "lost" | "cut" | "502":
                deadline = min(deadline, self.random.uniform(0.1, 10)) if kind != "lost" else deadline
                self.timeline.after(self.random.uniform(0, deadline + LATEST), carry_out)
        self.timeline.wait(deadline)
        return HttpAnswer(502, {}, b"") if kind == "502" else NoAnswer("no answer", sent=True)

    def _delayed(self, carry_out: Callable[[], HttpAnswer], seconds: float) -> HttpAnswer:
        self.timeline.wait(seconds)
        answer = carry_out()
        self.timeline.wait(self.random.uniform(0.02, 0.4))
        return answer

    def _answer(self, method: str, url: str, body: Any) -> HttpAnswer:
        parts = urlsplit(url)
        sent = b"" if body is None else msgspec.json.encode(body)
        answer = self.host.answer(method, parts.path, dict(parse_qsl(parts.query)), sent, API)
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        return HttpAnswer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)
