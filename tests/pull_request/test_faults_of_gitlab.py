"""The real command against a second GitLab: one note, and the status of the findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pull_request.arranged import HTML, NESTED, all_of, at, closes, crowd, opens, ours, runs_on
from tests.pull_request.one_job import CLEAN, OPEN, Script, earlier, in_gitlab, plays
from tests.pull_request.second_server import (
    HEAD,
    ROBOT,
    SecondServer,
    after,
    first,
    floods,
    goes_to,
    hangs_up,
    resets,
    says,
    sends,
)

POST, PUT, LIST, READ = "^POST .*/notes", "^PUT .*/notes/", "^GET .*/notes\\?", "^GET .*/notes/"
MERGE = "^GET .*/merge_requests/42$"
UNREACHED, REFUSED = "GitLab could not be reached", "no note on the merge request"


def overtakes(server: SecondServer) -> None:
    for each in server.ours():
        each["body"] = earlier("11.1", HEAD)


STORIES = [
    Script("nothing goes wrong", said="comment created", posts=1),
    Script("an update", ours(), "comment updated", body="run=10.1", posts=0),
    Script("300 notes before ours", all_of(crowd(300), ours()), "comment updated", body="run=10.1", posts=0),
    Script("lost: 502", at(POST, after(says(502)), 1), "comment created", posts=1),
    Script("lost: reset", at(POST, after(resets), 1), "comment created", posts=1),
    Script("lost: another JSON", at(POST, after(sends(b'{"id": "1"}', 201)), 1), "comment created", posts=1),
    Script("a change is lost: 204", all_of(ours(), at(PUT, after(sends(b"", 204)), 1)), "comment ", body="run=10.1"),
    Script("a change breaks", all_of(ours(), at(PUT, hangs_up, 1)), "comment updated", body="run=10.1"),
    Script("looking again is refused", all_of(ours(), at(READ, says(403, "no"))), "afterwards: the token is not"
           " allowed to write to merge requests (403: no)", body="run=10.1"),
    Script("looking again is broken", all_of(ours(), at(READ, says(502))), f"afterwards: {UNREACHED}", body="run=10.1"),
    Script("gone before the change", all_of(ours(), at(PUT, first(lambda server: server.comments.clear()), 1)),
           "comment created", posts=1),
    Script("429 at writing", at(POST, says(429, "Retry later", retry_after="9"), 1), "comment created", posts=2),
    Script("429 without a word", at(POST, sends(b"Retry later\n", 429), 1), "comment created", posts=2),
    Script("409 at writing", at(POST, says(409, "409 Conflict"), 1), "comment created", posts=2),
    Script("closed", closes, "is closed", ours=0),
    Script("closed and opened again", all_of(ours(), closes, opens), "comment updated"),
    Script("a newer commit", all_of(ours(), runs_on), "another newest commit", body="run=9.1"),
    Script("a newer commit during a wait", all_of(ours(), at(PUT, first(runs_on, says(502)), 1)), "newest commit",
           body="run=9.1"),
    Script("a newer pipeline during a wait", all_of(ours(), at(PUT, first(overtakes, says(502)), 1)), "a newer run",
           body="run=11.1"),
    Script("resolved", ours(), "comment updated", body="✅ tfcheck: resolved", report=CLEAN),
    Script("undecided", ours(), "comment updated", body="❔", report=OPEN, arguments=("--on-clean", "delete")),
    Script("removed once resolved", ours(), "comment deleted", ours=0, report=CLEAN, arguments=("--on-clean",
           "delete")),
    Script("another pipeline", said="not one for merge requests", ours=0, environment={"CI_MERGE_REQUEST_IID": "1e3"}),
    Script("401", at("", says(401, "401 Unauthorized")), REFUSED, ours=0),
    Script("401 at the account", at("/user", says(401, "401 Unauthorized")), REFUSED, ours=0),
    Script("403 with messages by field", at(POST, sends(b'{"message": {"base": ["is locked"]}}', 403)),
           "the conversation is locked (403: base is locked)", ours=0),
    Script("403 with an odd message", at(POST, sends(b'{"message": {"base": [{}]}}', 403)), REFUSED, ours=0),
    Script("404", at(MERGE, says(404, "404 Project Not Found")), REFUSED, ours=0),
    Script("422", at(POST, says(422, "no")), "GitLab does not accept the text", ours=0),
    Script("HTML", at("", sends(HTML)), UNREACHED, ours=0),
    Script("nested", at(LIST, sends(b'[{"x": ' + NESTED)), UNREACHED, ours=0),
    Script("gigantic", at(LIST, floods), UNREACHED, ours=0),
    Script("null", at(LIST, sends(b"null")), "not what GitLab documents", ours=0),
    Script("a redirect to the sign-in", at("", goes_to("{base}/users/sign_in", 302)), REFUSED, ours=0),
    Script("no address", said="the address of GitLab is wrong", ours=0, environment={"CI_API_V4_URL": ""}),
    Script("no token", said="the token does not work", ours=0, environment={"GITLAB_TOKEN": ""}),
]  # fmt: skip


@pytest.mark.parametrize("script", STORIES, ids=lambda each: each.name)
def test_one_note_that_is_true(server: SecondServer, tmp_path: Path, script: Script) -> None:
    server.me = ROBOT
    plays(script, server, tmp_path, in_gitlab(server, tmp_path))
