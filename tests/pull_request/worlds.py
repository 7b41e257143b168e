"""Runs at once in a time of their own, whose requests take a moment, are slow or refused, or come late."""

from __future__ import annotations

import heapq
import itertools
import json
import threading
from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.pull_request.fake import SHA, FakeGitHub, Json
from tests.pull_request.fake_bitbucket import FakeCloud
from tests.pull_request.fake_gitlab import FakeGitLab
from tests.pull_request.job import bad, clean
from tests.pull_request.test_races import HOSTS, push, texts
from tfcheck.pull_request.connection import DEADLINE, HttpAnswer, NoAnswer
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.publish import Published, publish
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.report_comment import CommentOptions, OnClean
from tfcheck.pull_request.wait_budget import WaitBudget

API = "http://host"
#: A lost write is carried out at most so long after its sender has given it up.
LATEST = 29.0


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

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        fake, self.conversation = self.random.choice(HOSTS)
        self.host: FakeGitHub = fake()
        self.host.shows_former = self.random.random() < 0.7
        choices: list[OnClean] = ["update", "update", "delete", "minimize"]
        self.on_clean = self.random.choice(choices)
        self.timeline = Timeline()
        self.faults: list[str] = []
        self.most_faults = 0
        self.results: dict[int, Published | RefusalError] = {}
        self.newest = 0, SHA, False

    def play(self) -> None:
        """Start the runs, one after the other and each for the newest commit, and wait for all."""
        if self.random.random() < 0.6:
            self.timeline.start(0, lambda: self._run(9, SHA, found=True))
            self.timeline.run()
        self.most_faults = self.random.choice([1, 1, 2, 3])
        start, sha = 0.0, SHA
        for number in range(10, self.random.choice([12, 12, 13])):
            start += self.random.choice([0, self.random.uniform(0, 5), self.random.uniform(0, 45)])
            if number > 10 and self.random.random() < 0.4:
                sha = f"{number % 10}" * 40
                self.timeline.after(start, lambda sha=sha: push(self.host, sha))  # type: ignore[misc]
                start += self.random.uniform(3, 30)  # a plan takes some time
            self.newest = number, sha, self.random.random() < 0.5
            self.timeline.start(start, lambda each=self.newest: self._run(each[0], each[1], found=each[2]))  # type: ignore[misc]
        self.timeline.run()

    def visible(self) -> list[str]:
        if isinstance(self.host, FakeCloud | FakeGitLab):
            return texts(self.host)
        return [str(each["body"]) for each in self.host.comments.values() if not each["minimized"]]

    def _run(self, number: int, sha: str, *, found: bool) -> None:
        fields: Json = {"sha": sha} if isinstance(self.host, FakeGitLab) else {"head_sha": sha}
        self.host.start(number, **({} if isinstance(self.host, FakeCloud) else fields))
        patience = WaitBudget(
            now=lambda: self.timeline.time,
            clock=lambda: self.timeline.time,
            sleep=self.timeline.wait,
            chance=self.random.random,
        )
        wanted = RequestedPull("acme/shop", 42, sha, f"{number}.1")
        there = self.conversation(API, wanted, patience)
        if isinstance(there, GitHubConversation):
            there = GitHubConversation(there.client, wanted, {"GITHUB_ACTIONS": "true"})
        there.client._request = lambda *sent: self._request(patience, *sent)  # type: ignore[method-assign]
        report = bad(message=f"of run {number}", sha=sha) if found else clean(sha=sha)
        options = CommentOptions(id="orders", suggestions=0, on_clean=self.on_clean)
        try:
            self.results[number] = publish(there, [report], options)
        except RefusalError as refusal:
            self.results[number] = refusal

    def _request(self, patience: WaitBudget, method: str, url: str, body: Any, most: float = DEADLINE) -> Any:
        """Give the answer to a request, after its faults."""
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
