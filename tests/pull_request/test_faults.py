"""The real command against a second server: with any answer, it ends with the status of the findings."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path

import pytest

from tests.laws import part
from tests.pull_request.arranged import HTML, LIST, NESTED, PATCH, POST, PULL, REST, TOMORROW, all_of, at, ours, runs_on
from tests.pull_request.one_job import CLEAN, Script, plays, variables
from tests.pull_request.second_server import (
    HEAD,
    SECRET,
    Exchange,
    SecondServer,
    Step,
    after,
    breaks_off,
    drips,
    floods,
    goes_to,
    hangs_up,
    is_silent,
    resets,
    says,
    sends,
    writes,
)

QUICK = {"FAULTS_DEADLINE": "0.2"}
OK = b"HTTP/1.1 200 OK"
UNREACHED = "GitHub could not be reached"


def refused(name: str, pattern: str, step: Step, said: str, environment: dict[str, str] | None = None) -> Script:
    return Script(name, at(pattern, step), said, ours=0, environment=environment or {})


@cache
def blanks() -> bytes:
    return gzip.compress(b" " * (64 << 20))


def bomb(exchange: Exchange) -> None:
    sends(blanks(), 200, Content_Encoding="gzip")(exchange)


REFUSALS = [
    refused("401", REST, says(401, f"Bad credentials: {SECRET}"), "the token does not work (401: Bad credentials"),
    refused("403 at the pull request", PULL, says(403, "Resource not accessible"), "pull-requests: write"),
    refused("403 at writing, as for a fork", POST, says(403, "Resource not accessible"), "jobs of forks"),
    refused("403 with a limit that ends tomorrow", REST, TOMORROW, "too many requests were made"),
    refused("403 with an odd limit", REST, says(403, "no", x_ratelimit_remaining="0", x_ratelimit_reset="-1"), "many"),
    refused("403 with a secondary limit", POST, says(403, "You exceeded a secondary rate limit"), "too many requests"),
    refused("404", PULL, says(404, "Not Found"), "does not exist"),
    refused("404 at writing", POST, says(404, "Not Found"), "does not exist"),
    refused("409", POST, says(409, "Conflict"), "GitHub refused (409: Conflict)"),
    refused("410", POST, says(410, "This issue was deleted"), "410"),
    refused("422", POST, says(422, "Validation Failed"), "GitHub does not accept the text"),
    refused("429 for ever", REST, says(429, "slow down", retry_after="1"), "many requests"),
    refused("429 that names a date", REST, says(429, "later", retry_after="Fri, 27 Nov 2099 10:00:00 GMT"), "too many"),
    refused("451", REST, says(451, "Unavailable"), "451"),
    refused("500 for ever", REST, says(500, "Server Error"), UNREACHED),
    refused("503 at writing, before", POST, says(503), UNREACHED),
    refused("resets for ever", REST, resets, UNREACHED),
    refused("hangs up at writing", POST, hangs_up, UNREACHED),
    refused("HTML for ever", REST, sends(HTML), UNREACHED),
    refused("HTML at the thread", LIST, sends(HTML, 200, Content_Type="text/html"), UNREACHED),
    refused("HTML with 403", POST, sends(HTML, 403), "is not allowed to write"),
    refused("not HTTP", REST, writes(b"SSH-2.0-OpenSSH_9.6"), UNREACHED),
    refused("an early answer for ever", PULL, writes(b"HTTP/1.1 100 Continue", b"", times=20_000), UNREACHED),
    refused("hints and nothing else", PULL, writes(b"HTTP/1.1 103 Early Hints", b""), UNREACHED),
    refused("an odd status", PULL, writes(b"HTTP/1.1 2OO OK", b""), UNREACHED),
    refused("a status of four digits", PULL, writes(b"HTTP/1.1 2000 OK", b""), UNREACHED),
    refused("a thousand headers", PULL, writes(b"HTTP/1.1 200 OK", *[b"A: b"] * 1000, b"", b"[]"), UNREACHED),
    refused("a header without end", PULL, writes(b"HTTP/1.1 200 OK", b"A: " + b"b" * 100_000, b""), UNREACHED),
    refused("two lengths", PULL, writes(OK, b"Content-Length: 2", b"Content-Length: 3", b"", b"[]"), UNREACHED),
    refused("an odd length", PULL, writes(OK, b"Content-Length: 1e2", b"", b"{"), UNREACHED),
    refused("odd chunks", PULL, writes(OK, b"Transfer-Encoding: chunked", b"", b"zz", b"{}"), UNREACHED),
    refused("chunks without an end", PULL, writes(OK, b"Transfer-Encoding: chunked", b"", b"2", b"{}"), UNREACHED),
    refused("a wait of no time for ever", REST, says(429, "slow down", retry_after="0"), "many requests"),
    refused("a wait of odd time", POST, says(429, "slow down", retry_after="\xb3e9"), "many requests"),
    refused("a login of no text", LIST, sends(b'[{"id": 1, "user": {"login": null}}]'), "not what GitHub documents"),
    refused("truncated for ever", REST, breaks_off, UNREACHED),
    refused("nested JSON", LIST, sends(b'[{"minimized": {"a": ' + NESTED), UNREACHED),
    refused("no UTF-8", LIST, sends(b'[{"id": 1, "body": "\xff"}]'), UNREACHED),
    refused("another JSON", LIST, sends(b'{"id": "1"}'), "not what GitHub documents"),
    refused("null for the pull request", PULL, sends(b"null"), "not what GitHub documents"),
    refused("nothing, 204", LIST, sends(b"", 204), "not what GitHub documents"),
    refused("304", LIST, sends(b"", 304), "304"),
    refused("drips", PULL, drips, UNREACHED, environment=QUICK),
    refused("drips at writing", POST, drips, UNREACHED, environment=QUICK),
    refused("never answers", PULL, is_silent, UNREACHED, environment=QUICK),
    refused("gigantic", LIST, floods, UNREACHED),
    refused("a gigantic refusal", POST, sends(json.dumps({"message": "no " * 500_000}).encode(), 409), "409: no no"),
    refused("a bomb", LIST, bomb, UNREACHED),
    refused("gzip that is none", LIST, sends(b"[]", 200, Content_Encoding="gzip"), UNREACHED),
    refused("a redirect to another host", REST, goes_to("http://127.0.0.2:1{url}"), "307"),
    refused("a redirect in a circle", PULL, goes_to("{base}{url}"), "307"),
    refused("redirects for ever", PULL, goes_to("{base}{url}?"), "307"),
    refused("a redirect to nowhere", PULL, goes_to("http://[", 301), "301"),
    refused("a redirect of a write", POST, goes_to("{base}/elsewhere", 302), "302"),
    refused("words with commands", POST, says(409, "no\n::error::hunted\r\n::set-output name=a::b"), "409: no"),
]  # fmt: skip


@pytest.mark.parametrize("script", part(REFUSALS, 2), ids=lambda each: each.name)
def test_what_is_refused_is_a_warning_and_the_status_is_that_of_the_findings(
    server: SecondServer, tmp_path: Path, script: Script
) -> None:
    end = plays(script, server, tmp_path, variables(server, tmp_path))
    lines = end.output.splitlines()
    assert sum(each.startswith("::warning title=tfcheck::no comment on the pull request") for each in lines) == 1
    assert not any(each.startswith(("::set-output", "::error::")) for each in lines)
    assert "will not start" in (tmp_path / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("required", "status"), [((), 0), (("--required",), 4)])
def test_a_refusal_is_a_status_only_where_the_comment_is_required(
    server: SecondServer, tmp_path: Path, required: tuple[str, ...], status: int
) -> None:
    arguments = ("--when", "always", *required)
    script = Script("", at(POST, says(403, "no")), ours=0, report=CLEAN, arguments=arguments, status=status)
    plays(script, server, tmp_path, variables(server, tmp_path))


#: Answers that do not say that the comment was written, which it was.
LOST = {
    "502": says(502),
    "reset": resets,
    "hung up": hangs_up,
    "HTML": sends(HTML),
    "empty": sends(b""),
    "null": sends(b"null"),
    "another JSON": sends(b'{"ok": true}', 201),
    "204": sends(b"", 204),
    "gigantic": floods,
    "nested": sends(NESTED, 201),
}


@pytest.mark.parametrize("step", LOST.values(), ids=LOST)
def test_a_comment_whose_answer_is_lost_is_not_made_twice(server: SecondServer, tmp_path: Path, step: Step) -> None:
    script = Script("", at(POST, after(step), 1), "comment created", posts=1)
    plays(script, server, tmp_path, variables(server, tmp_path))


@pytest.mark.parametrize("step", LOST.values(), ids=LOST)
def test_a_change_whose_answer_is_lost_is_made(server: SecondServer, tmp_path: Path, step: Step) -> None:
    script = Script("", all_of(ours(), at(PATCH, after(step), 1)), "comment ", body="run=10.1", posts=0)
    end = plays(script, server, tmp_path, variables(server, tmp_path))
    assert "::warning" not in end.output


API = {"GITHUB_API_URL": "http://api.github.invalid"}
PROXIED = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
TUNNELS = [("HTTPS_PROXY", "{base}"), ("https_proxy", "http://me:hunter2@{base}"), ("ALL_PROXY", "me:hunter2@{base}")]
ENVIRONMENTS = [
    *(Script(f"a proxy as {name}", environment=API | {name: "{base}"}) for name in PROXIED),
    Script("a proxy with a password", environment=API | {"http_proxy": "http://me:hunter2@{base}/"}),
    Script("a proxy of another scheme", environment={"https_proxy": "socks5://hunter2@127.0.0.1:1"}),
    Script("no proxy for it", environment={"http_proxy": "http://127.0.0.1:1", "NO_PROXY": "localhost,127.0.0.1"}),
    Script("no proxy for anything", environment={"HTTP_PROXY": "socks5://me:hunter2@127.0.0.1:1", "no_proxy": "*"}),
    *(Script(f"the proxy {value}", said="no comment on the pull request", ours=0, environment={name: value})
      for name, value in [("HTTP_PROXY", "socks5://me:hunter2@127.0.0.1:1"), ("http_proxy", "me:hunter2@[::"),
                          ("all_proxy", "http://me:hunter2@127.0.0.1:0"), ("ALL_PROXY", "127.0.0.1:1"),
                          ("HTTP_PROXY", "http://me:hunter2@127.0.0.1:99999")]),
    *(Script(f"the proxy {value}", said=said, ours=0, environment={"HTTP_PROXY": value})
      for value, said in [("http://me:hunter2#1@127.0.0.1:1", "percent-encoded"), ("127.0.0.1:1\n", "to the proxy")]),
    *(Script(f"HTTPS by {name}={value}", said="the proxy cannot be used (401", ours=0, environment={"GITHUB_API_URL":
      "https://api.github.invalid", name: value}) for name, value in TUNNELS),
    Script("HTTPS without a certificate", said=UNREACHED, ours=0, environment={"GITHUB_API_URL": "{secure}"}),
    Script("a proxy that wants a password", at("", says(407, "Proxy")), "407", ours=0, environment=API | {"http_proxy":
           "{base}"}),
    *(Script(f"the API at {value}", said="the address of GitHub is wrong", ours=0, environment={"GITHUB_API_URL":
      value}) for value in ["nowhere", "https://a:b", "ftp://{base}", "http://me:hunter2@127.0.0.1:1", "http://[::",
      "http://127.0.0.1:1/?api=v3"]),
    Script("GraphQL at no address", environment={"GITHUB_GRAPHQL_URL": "http://[::"}),
    Script("GraphQL at another scheme", environment={"GITHUB_GRAPHQL_URL": "gopher://127.0.0.1:1/"}),
    Script("a server that is none", environment={"GITHUB_SERVER_URL": "javascript:alert(1)"}),
    *(Script(f"the token {value!r}", said="the token does not work", ours=0, environment={"GITHUB_TOKEN": value})
      for value in ["", "  ", "ghs_\nhunter2", "ghs_hunter2\u00e9"]),
    Script("a token with a line end", environment={"GITHUB_TOKEN": f"{SECRET}\n"}),
    Script("a token of another name", environment={"GITHUB_TOKEN": "", "GH_TOKEN": SECRET}),
    Script("no run", environment={"GITHUB_RUN_ID": "", "GITHUB_RUN_ATTEMPT": "many"}, body="run=0.0"),
    Script("no repository", said="is not a repository", ours=0, environment={"GITHUB_REPOSITORY": "a/b/../../user"}),
    Script("no job", said="GITHUB_REPOSITORY is not set", ours=0, environment={"GITHUB_REPOSITORY": ""}),
    Script("no summary", environment={"GITHUB_STEP_SUMMARY": "/nowhere/at/all"}, said="summary"),
    *(Script(f"the event is {value!r}", said="has no pull request", ours=0, environment={"GITHUB_EVENT_PATH": value})
      for value in ["", "/nowhere", "/", "event\x01"]),
    Script("the number is given, and the event is nowhere", environment={"GITHUB_EVENT_PATH": "/nowhere"},
           arguments=("--pr-number", "42")),
    Script("the number is given, of an older commit", runs_on, "no report is about the newest commit", ours=0,
           environment={"GITHUB_EVENT_PATH": "/nowhere"}, arguments=("--pr-number", "42")),
]  # fmt: skip


@pytest.mark.parametrize("script", ENVIRONMENTS, ids=lambda each: each.name)
def test_in_any_environment(server: SecondServer, tmp_path: Path, script: Script) -> None:
    place = server.base.removeprefix("http://")
    script.environment = environment = {
        name: value.replace("@{base}", f"@{place}").replace("{secure}", f"https://{place}")
        for name, value in script.environment.items()
    }
    plays(script, server, tmp_path, variables(server, tmp_path))
    if "api.github.invalid" in environment.get("GITHUB_API_URL", ""):
        assert server.log  # nobody but the proxy could be reached


def run_of(sha: str, repository: str) -> str:
    """Write the event of a workflow that follows one of a fork."""
    return json.dumps({"workflow_run": {"head_sha": sha, "head_repository": {"full_name": repository}}})


OTHER = [
    Script("a comment starts the job", environment={"event": '{"issue": {"number": 42, "pull_request": {}}}'}),
    Script("a comment starts it, of an older commit", runs_on, "no report is about the newest commit", ours=0,
           environment={"event": '{"issue": {"number": 42, "pull_request": {}}}'}),
    Script("after the workflow of a fork", environment={"event": run_of(HEAD, "Acme/Shop")}, arguments=("--pr-number",
           "42")),
    Script("a fork that claims another number", said="is not the one that the run was for", ours=0,
           environment={"event": run_of(HEAD, "mallory/shop")}, arguments=("--pr-number", "42")),
    Script("a fork that has moved on", runs_on, "is not the one that the run was for", ours=0,
           environment={"event": run_of(HEAD, "acme/shop")}, arguments=("--pr-number", "42")),
    Script("a fork without a number", said="neither the event nor the reports name one pull request", ours=0,
           environment={"event": run_of(HEAD, "acme/shop")}),
]  # fmt: skip


@pytest.mark.parametrize("script", OTHER, ids=lambda each: each.name)
def test_other_events_than_a_pull_request(server: SecondServer, tmp_path: Path, script: Script) -> None:
    file = tmp_path / "other.json"
    file.write_text(script.environment.pop("event"), encoding="utf-8")
    environment = variables(server, tmp_path) | {"GITHUB_EVENT_PATH": str(file)}
    plays(script, server, tmp_path, environment)


def test_an_event_that_is_a_pipe_is_none(server: SecondServer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    environment = {"GITHUB_EVENT_PATH": str(tmp_path / "pipe")}
    plays(Script("", said="no comment: ", ours=0), server, tmp_path, variables(server, tmp_path) | environment)


EVENTS = {
    "empty": b"",
    "cut off": b'{"pull_request": {"numb',
    "a list": b"[]",
    "nested": b'{"a": ' * 100_000,
    "no UTF-8": b'{"pull_request": {"number": 42, "head": {"sha": "\xff"}}}',
    "a number as text": b'{"pull_request": {"number": "42"}}',
    "an issue": b'{"issue": {"number": 42}}',
    "too large a number": b'{"pull_request": {"number": 1e999}}',
    "another workflow": b'{"workflow_run": {"head_sha": "' + HEAD.encode() + b'", "pull_requests": []}}',
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_an_event_that_is_none_writes_nothing(server: SecondServer, tmp_path: Path, event: bytes) -> None:
    environment = variables(server, tmp_path) | {"GITHUB_EVENT_PATH": str(tmp_path / "odd.json")}
    (tmp_path / "odd.json").write_bytes(event)
    end = plays(Script("", said="no comment: ", ours=0), server, tmp_path, environment)
    assert "::warning" not in end.output
    assert server.log == []
