"""The real command against a second server: one comment, true and never older, however a conversation changes."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from tests.laws import part
from tests.pull_request.arranged import (
    GONE,
    GRAPHQL,
    HTML,
    LIST,
    PATCH,
    POST,
    REST,
    SLOW_DOWN,
    TOMORROW,
    all_of,
    at,
    closes,
    crowd,
    linked,
    locked,
    minimized,
    nobody,
    opens,
    ours,
    overtakes,
    person,
    runs_on,
    stranger,
)
from tests.pull_request.one_job import (
    BAD,
    CLEAN,
    KEY,
    OPEN,
    SKIPPED,
    Script,
    earlier,
    ended,
    holds,
    plays,
    started,
    variables,
)
from tests.pull_request.second_server import (
    HEAD,
    OLDER,
    Exchange,
    Reply,
    SecondServer,
    after,
    first,
    goes_to,
    hangs_up,
    resets,
    says,
    sends,
)

RESOLVED = ("--on-clean", "delete")
STORIES = [
    Script("nothing goes wrong", said="comment created", posts=1),
    Script("502 at everything once", at(REST, says(502), 1), "comment created", posts=1),
    Script("502 before the comment is written", at(POST, says(502), 1), "comment created", posts=2),
    Script("reset before the comment is written", at(POST, resets, 1), "comment created", posts=2),
    Script("429 at writing", at(POST, says(429, "slow", retry_after="7"), 1), "comment created", posts=2),
    Script("a secondary limit at writing", at(POST, SLOW_DOWN, 1), "comment created", posts=2),
    Script("a body that is too long", at(POST, says(422, "Body is too long"), 1), "comment created", posts=2),
    Script("a redirect of a renamed repository", all_of(at("^GET /old", lambda each: each.send(Reply(200, [])), 9),
           at(LIST, goes_to("{base}/old", 301), 9)), "comment created", posts=1),
    Script("403 looking again", all_of(lambda server: server.when(LIST, lambda each: each.send(each.serve()), 1),
           at(LIST, says(403, "no"))), "comment created", posts=1),
    Script("500 looking again", all_of(lambda server: server.when(LIST, lambda each: each.send(each.serve()), 1),
           at(LIST, says(500))), "comment created", posts=1),
    Script("500 reading what was changed", all_of(ours(), at("^GET .*issues/comments", says(500))), "comment updated",
           body="run=10.1", posts=0),
    Script("an update", ours(), "comment updated", body="run=10.1", posts=0),
    Script("502 before the change", all_of(ours(), at(PATCH, says(502), 1)), "comment updated", body="run=10.1"),
    Script("403 at the change", all_of(ours(), at(PATCH, says(403, "no"))), "no comment", body="run=9.1", posts=0),
    Script("gone before the change", all_of(ours(), at(PATCH, GONE, 1)), "comment created", posts=1),
    Script("gone before the change, 410", all_of(ours(), at(PATCH, first(lambda server: server.comments.clear(),
           says(410, "gone")), 1)), "comment created", posts=1),
    Script("removed right after it was made", at("^GET .*issues/comments", GONE, 1), "comment created"),
    Script("a comment by somebody else with our marker", stranger(earlier()), "comment created", posts=1),
    Script("our marker in another place", ours("Look:\n" + earlier()), "comment created", posts=1),
    Script("ours of another id", ours(earlier().replace("key=", "key=0").replace(" sha", "0 sha")), "comment created"),
    Script("a deleted account", nobody, "comment created"),
    Script("300 comments and none of ours", crowd(300), "comment created", posts=1),
    Script("300 comments before ours", all_of(crowd(300), ours()), "comment updated", body="run=10.1", posts=0),
    Script("300 comments and 502 at page 3", all_of(crowd(300), ours(), at("page=3", says(502), 2)), "comment updated"),
    Script("300 comments around two of ours", all_of(ours(), crowd(300), ours()), "comment updated", posts=0),
    Script("two of ours, one cannot be removed", all_of(ours(), ours(earlier().replace(KEY, KEY)), at("^DELETE",
           hangs_up, 1)), "comment updated", body="run=10.1", posts=0),
    Script("a page that is shown twice", all_of(ours(), at(LIST, linked('<{base}/repos/acme/shop/issues/42/comments?'
           'per_page=100&page=1&again>; rel="next"'), 1)), "comment updated", body="run=10.1", posts=0),
    Script("a link to another host", all_of(ours(), at(LIST, linked('<http://127.0.0.2:1/x>; rel="next"'))), "updated"),
    Script("a link to nowhere", all_of(ours(), at(LIST, linked('<http://[>; rel="next"'))), "comment updated"),
    Script("a link that is none", all_of(ours(), at(LIST, linked("<<>>;;;rel=next,"))), "comment updated"),
    Script("minimized, a new one is made", minimized, "comment created", posts=1),
    Script("locked", locked, "the conversation is locked", ours=0),
    Script("closed", all_of(ours(), closes), "is closed", body="run=9.1"),
    Script("closed during a wait", all_of(ours(), at(PATCH, first(closes, SLOW_DOWN), 1)), "closed", body="run=9.1"),
    Script("closed before it is made", at(POST, first(closes, says(502)), 1), "closed", ours=0),
    Script("closed and opened again", all_of(ours(), at(LIST, first(all_of(closes, opens)), 1)), "comment updated",
           body="run=10.1"),
    Script("a newer commit", all_of(ours(), runs_on), "another newest commit", body="run=9.1"),
    Script("a newer commit during a wait", all_of(ours(), at(PATCH, first(runs_on, says(502)), 1)), "newest commit",
           body="run=9.1"),
    Script("a newer commit after a lost answer", at(POST, first(runs_on, hangs_up), 1), "newest commit", ours=0),
    Script("a newer run was faster", ours(earlier("11.1", HEAD)), "a newer run", body="run=11.1"),
    Script("a newer attempt was faster", ours(earlier("10.2", HEAD)), "a newer run", body="run=10.2"),
    Script("a newer run during a limit", all_of(ours(), at(PATCH, first(overtakes, SLOW_DOWN), 1)), "a newer run",
           body="run=11.1"),
    Script("a newer run during a time-out", all_of(ours(), at(PATCH, first(overtakes, resets), 1)), "a newer run",
           body="run=11.1"),
    Script("an older run writes over it", all_of(ours(), at("^GET .*issues/comments", first(lambda server:
           server.ours()[0].update(body=earlier("9.9", OLDER))), 1)), "comment updated", body="run=10.1"),
    Script("GraphQL is off", at(GRAPHQL, says(404, "Not Found")), "comment created"),
    Script("GraphQL is HTML", at(GRAPHQL, sends(HTML)), "comment created"),
    Script("GraphQL breaks", at(GRAPHQL, resets), "comment created"),
    Script("GraphQL refuses", at(GRAPHQL, sends(b'{"data": null, "errors": [{"message": "no"}]}')), "comment created"),
    Script("GraphQL is another thing", at(GRAPHQL, sends(b'{"data": {"viewer": 1}}')), "comment created"),
    Script("a person's token", all_of(person, ours()), "comment updated", posts=0),
    Script("a person's token without GraphQL", all_of(person, ours(), at(GRAPHQL, says(503))), "comment updated"),
    Script("a person whose name a limit hides", all_of(person, ours(), at(GRAPHQL, says(503)),
           at("^GET /user", TOMORROW)), "too many requests", body="run=9.1", posts=0),
    Script("resolved", ours(), "comment updated", body="✅ tfcheck: resolved", report=CLEAN),
    Script("resolved, but undecided", ours(), "comment updated", body="❔", report=OPEN),
    Script("resolved, but skipped", ours(), "comment updated", body="❔", report=SKIPPED),
    Script("removed once resolved", ours(), "comment deleted", ours=0, report=CLEAN, arguments=RESOLVED),
    Script("not removed while undecided", ours(), "comment updated", body="❔", report=OPEN, arguments=RESOLVED),
    Script("not removed while skipped", ours(), "comment updated", body="❔", report=SKIPPED, arguments=RESOLVED),
    Script("not minimized while undecided", ours(), "comment updated", report=OPEN, arguments=("--on-clean",
           "minimize")),
    Script("removing breaks", all_of(ours(), at("^DELETE", says(502), 1)), "comment deleted", ours=0, report=CLEAN,
           arguments=RESOLVED),
    Script("removing breaks after it", all_of(ours(), at("^DELETE", after(resets), 1)), ours=0, report=CLEAN,
           arguments=RESOLVED),
    Script("removing meets a newer run", all_of(ours(), at("^DELETE", first(overtakes, says(502)), 1)), "a newer run",
           body="run=11.1", report=CLEAN, arguments=RESOLVED),
    Script("minimizing is refused", all_of(ours(), at("graphql", lambda each: each.send(each.serve()), 1), at(GRAPHQL,
           says(403, "no"))), "could not be minimized", body="✅", report=CLEAN, arguments=("--on-clean", "minimize")),
    Script("a report is missing", ours(), "1 of 2 expected reports missing", body="1 result missing", report=CLEAN,
           arguments=("--expect-reports", "2"), status=3),
    Script("a report cannot be read", ours(), "cannot be read", body="1 result missing", report=CLEAN,
           arguments=("nowhere.json",), status=3),
]  # fmt: skip


@pytest.mark.parametrize("script", part(STORIES, 2), ids=lambda each: each.name)
def test_one_comment_that_is_true(server: SecondServer, tmp_path: Path, script: Script) -> None:
    end = plays(script, server, tmp_path, variables(server, tmp_path))
    assert ("::warning title=tfcheck::no comment" in end.output) is (script.said in _REFUSED)


_REFUSED = ("no comment", "the conversation is locked", "too many requests")


class Meeting:
    """Lets two writes happen both before either is answered."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.older_first = threading.Event()

    def both(self, exchange: Exchange) -> None:
        self.barrier.wait(30)
        reply = exchange.serve()
        self.barrier.wait(30)
        exchange.send(reply)

    def newer_then_older(self, exchange: Exchange) -> None:
        self.barrier.wait(30)
        if b"run=11.1" not in exchange.body:
            assert self.older_first.wait(30)
        reply = exchange.serve()
        self.older_first.set()
        self.barrier.wait(30)
        exchange.send(reply)


NEWEST = msgspec.structs.replace(BAD, findings=(msgspec.structs.replace(BAD.findings[0], message="of the newest run"),))


def race(server: SecondServer, folder: Path) -> None:
    """Run two jobs at once."""
    jobs = []
    for run, found in (("10.1", BAD), ("11.1", NEWEST)):
        (folder / run).mkdir()
        jobs.append(started(folder / run, found, variables(server, folder / run, run)))
    for job in jobs:
        assert ended(job).status == 1
    holds(server, BAD)
    assert "Of the newest run" in server.ours()[0]["body"]


def test_two_jobs_that_both_make_a_comment_leave_one(server: SecondServer, tmp_path: Path) -> None:
    server.when(POST, Meeting().both, 2)
    race(server, tmp_path)


def test_an_older_job_that_writes_last_is_written_over(server: SecondServer, tmp_path: Path) -> None:
    server.put(earlier())
    server.when(PATCH, Meeting().newer_then_older, 2)
    race(server, tmp_path)


def test_two_targets_of_one_id_never_clear_each_other(server: SecondServer, tmp_path: Path) -> None:
    """Two jobs of a matrix write at once, and one of them has findings."""
    server.when(POST, Meeting().both, 2)
    jobs = []
    for target, found in (("infra/a", BAD), ("infra/b", CLEAN)):
        folder = tmp_path / target.replace("/", "-")
        folder.mkdir()
        report = msgspec.structs.replace(found, context={"target": target, "head_sha": HEAD})
        jobs.append(started(folder, report, variables(server, folder), "--when", "always"))
    assert [ended(job).status for job in jobs] == [1, 0]
    holds(server, BAD)
    assert len(server.ours()) == 1
