"""A GitHub in this process: it keeps comments and reviews, follows a script of faults, and holds every request and
answer to GitHub's own description of its API (`testdata/github/api.slim.json`).

What the description does not say, GitHub does all the same, and so does this: texts that are too long, lines outside
the diff, pages, minimized comments, GraphQL.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.pull_request.description import fault_of_answer, fault_of_request, shape
from tests.pull_request.sample import sample

Json = dict[str, Any]

REPOSITORY = "acme/shop"
SHA = "9f2c1ab04d7e55c2f3a8b6d1e09c7745a1b2c3d4"
TOKEN = "ghs_only-for-the-fake"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass
class Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Raw(bytes):
    """A body as it is, whether it is JSON or not."""


class CutError(Exception):
    """Break the connection instead of answering."""


Step = Callable[[Callable[[], Answer]], Answer]


@dataclass
class Fault:
    """What happens at the next `times` requests that match: `step` gets the real thing, and may do it or not."""

    method: str
    path: str
    step: Step
    times: int = 1


def says(status: int, message: str = "", **headers: str) -> Step:
    return lambda go: Answer(
        status, {"message": message}, {key.replace("_", "-"): value for key, value in headers.items()}
    )


def cut_before(go: Callable[[], Answer]) -> Answer:
    raise CutError


def cut_after(go: Callable[[], Answer]) -> Answer:
    go()
    raise CutError


def then(step: Callable[[], object]) -> Step:
    """Do what was asked, and then something else before it is answered."""

    def both(go: Callable[[], Answer]) -> Answer:
        answer = go()
        step()
        return answer

    return both


def first(step: Callable[[], object]) -> Step:
    """Do something else before what was asked."""

    def both(go: Callable[[], Answer]) -> Answer:
        step()
        return go()

    return both


def slow(seconds: float) -> Step:
    return first(lambda: time.sleep(seconds))


class FakeGitHub:
    """The state, and the rules that GitHub keeps."""

    def __init__(self) -> None:
        self.base = ""
        self.viewer: str | None = "github-actions[bot]"
        self.user: Json | None = None
        self.writer: Json = BOT
        self.page_size: int | None = None
        self.pulls: dict[int, Json] = {}
        self.files: list[Json] = []
        self.comments: dict[int, Json] = {}
        self.remarks: dict[int, Json] = {}
        self.reviews: list[Json] = []
        self.runs: list[Json] = []
        self.former: dict[int, list[str]] = {}
        self.shows_former = True
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.problems: list[str] = []
        self.ids = itertools.count(1001)
        self.lock = threading.RLock()
        self.open_pull()

    # What a test sets up.

    def open_pull(self, number: int = 42, sha: str = SHA, source: str | None = REPOSITORY, state: str = "open") -> None:
        made = sample(shape("/repos/{owner}/{repo}/pulls/{pull_number}", "get", 200))
        made["head"]["repo"] = None if source is None else made["head"]["repo"] | {"full_name": source}
        self.pulls[number] = made | {"number": number, "state": state, "head": made["head"] | {"sha": sha}}

    def say(self, body: str, user: Json = BOT, minimized: Json | None = None) -> int:
        """Let somebody comment."""
        number = next(self.ids)
        made = sample(shape("/repos/{owner}/{repo}/issues/comments/{comment_id}", "get", 200))
        url = f"https://github.com/{REPOSITORY}/pull/42#issuecomment-{number}"
        self.comments[number] = made | {
            "id": number,
            "node_id": f"IC_{number}",
            "html_url": url,
            "body": body,
            "user": made["user"] | user,
            "minimized": minimized,
        }
        return number

    def remark(self, body: str, user: Json = BOT, **fields: Any) -> int:
        """Let somebody comment on a line."""
        number = next(self.ids)
        made = sample(shape("/repos/{owner}/{repo}/pulls/comments/{comment_id}", "get", 200))
        self.remarks[number] = made | {"id": number, "body": body, "user": made["user"] | user, "line": 1} | fields
        return number

    def change_file(self, name: str, status: str = "modified", **fields: str) -> None:
        """Let the pull request change a file."""
        numbers = {"additions": 1, "deletions": 0, "changes": 1}
        addresses = dict.fromkeys(("blob_url", "raw_url", "contents_url"), "https://github.com/x")
        self.files.append(
            {"filename": name, "status": status, "sha": "0" * 40, "patch": "", **fields, **numbers, **addresses}
        )

    def start(self, number: int, **fields: Any) -> None:
        """Let a run of the workflow start."""
        found = shape("/repos/{owner}/{repo}/actions/runs", "get", 200)["properties"]["workflow_runs"]["items"]
        made = {"id": number, "event": "pull_request", "run_attempt": 1, "head_sha": SHA}
        self.runs.insert(0, sample(found) | made | {"run_started_at": f"2026-01-02T03:04:{number:02}Z"} | fields)

    def fault(self, method: str, path: str, step: Step, times: int = 1) -> None:
        self.faults.append(Fault(method, path, step, times))

    # What a test looks at.

    def by(self, user: Json = BOT) -> list[Json]:
        return [each for each in self.comments.values() if each["user"]["login"] == user["login"]]

    def writes(self) -> list[tuple[str, str]]:
        return [each for each in self.requests if each[0] != "GET" and each[1] != "/graphql"]

    # The rules.

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes, base: str) -> Answer:
        """Answer one request, as the script says."""
        name = "/graphql" if path == "/graphql" else path
        with self.lock:
            self.requests.append((method, name))
            self.bodies.append(json.loads(body) if body else None)
        step = self._fault(method, name)
        if path == "/graphql":
            go: Callable[[], Answer] = lambda: self.graphql(json.loads(body))  # noqa: E731
        else:
            if fault := self._fault_of_request(method, path, query, body):
                self.problems.append(f"{method} {path}: {fault}")
                return Answer(500, {"message": "the request is not one of GitHub's API"})
            go = lambda: self._true(method, path, self.rest(method, path, query, json.loads(body or b"null"), base))  # noqa: E731
        return step(go) if step else go()

    def _fault(self, method: str, path: str) -> Step | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and re.search(fault.path, path):
                    fault.times -= 1
                    return fault.step
        return None

    def _fault_of_request(self, method: str, path: str, query: dict[str, str], body: bytes) -> str:
        with self.lock:
            return fault_of_request(method, path, tuple(query.items()), body)

    def _true(self, method: str, path: str, answer: Answer) -> Answer:
        """Hold the fake's own answers to the description, too; long lists by their first item."""
        if answer.status not in (200, 201) or path.startswith("/user") or self._deleted_fork(answer.body):
            return answer
        shown = answer.body[:1] if isinstance(answer.body, list) else answer.body
        if path.endswith("/comments") and "/pulls/" in path and isinstance(shown, list):
            # An outdated one has null for its line, which the description does not know.
            shown = [{name: value for name, value in each.items() if name != "line" or value} for each in shown]
        with self.lock:
            fault = fault_of_answer(method, path, answer.status, json.dumps(shown))
        if fault:
            self.problems.append(f"the fake's own answer to {path}: {fault}")
        return answer

    def _deleted_fork(self, body: Any) -> bool:
        """Whether this is a pull request of a deleted fork, whose null the description does not know."""
        return isinstance(body, dict) and "head" in body and body["head"]["repo"] is None

    def rest(self, method: str, path: str, query: dict[str, str], body: Any, base: str) -> Answer:
        if path == "/user":
            return (
                Answer(200, self.user)
                if self.user
                else Answer(403, {"message": "Resource not accessible by integration"})
            )
        prefix = f"/repos/{REPOSITORY}/"
        if not path.startswith(prefix):
            return Answer(404, {"message": "Not Found"})
        with self.lock:
            match method, path.removeprefix(prefix).split("/"):
                case "GET", ["pulls", number]:
                    return Answer(200, self.pulls[int(number)]) if int(number) in self.pulls else _missing()
                case "GET", ["actions", "runs"]:
                    runs = [each for each in self.runs if each["head_sha"] == query["head_sha"]]
                    return Answer(200, {"total_count": len(runs), "workflow_runs": runs})
                case "GET", ["pulls", _, "files"]:
                    return self._page(self.files, path, query, base)
                case "GET", ["pulls", _, "comments"]:
                    return self._page(list(self.remarks.values()), path, query, base)
                case "POST", ["pulls", _, "comments"]:
                    return self._remark(body) or Answer(201, self.remarks[max(self.remarks)])
                case "POST", ["pulls", _, "reviews"]:
                    return self._review(body)
                case "PATCH", ["pulls", "comments", number] if int(number) in self.remarks:
                    self.remarks[int(number)]["body"] = body["body"]
                    return Answer(200, self.remarks[int(number)])
                case "DELETE", ["pulls", "comments", number]:
                    return self._remove(self.remarks, int(number))
                case "GET", ["issues", number, "comments"]:
                    return self._page(list(self.comments.values()), path, query, base)
                case "POST", ["issues", number, "comments"]:
                    return self._body(body) or Answer(201, self.comments[self.say(body["body"], self.writer)])
                case "GET", ["issues", "comments", number]:
                    return Answer(200, self.comments[int(number)]) if int(number) in self.comments else _missing()
                case "PATCH", ["issues", "comments", number]:
                    return self._edit(int(number), body)
                case "DELETE", ["issues", "comments", number]:
                    return self._remove(self.comments, int(number))
        return _missing()

    def _body(self, body: Json) -> Answer | None:
        """Refuse what GitHub refuses, in its words."""
        if not body["body"].strip():
            return Answer(422, {"message": "Validation Failed", "errors": [{"message": "Body cannot be blank"}]})
        if len(body["body"]) > 65_536 or len(body["body"].encode()) > 262_144:
            too_long = "Body is too long (maximum is 65536 characters)"
            return Answer(422, {"message": "Validation Failed", "errors": [{"message": too_long}]})
        return None

    def _edit(self, number: int, body: Json) -> Answer:
        if number not in self.comments:
            return _missing()
        comment = self.comments[number]
        if comment["user"]["login"] != self.writer["login"]:
            self.problems.append(f"a comment of {comment['user']['login']} was edited")
        refused = self._body(body)
        if refused is None:
            self.former.setdefault(number, [comment["body"]]).insert(0, body["body"])
            comment["body"] = body["body"]
        return refused or Answer(200, comment)

    def _remove(self, resources: dict[int, Json], number: int) -> Answer:
        if number not in resources:
            return _missing()
        if resources[number]["user"]["login"] != self.writer["login"]:
            self.problems.append(f"a comment of {resources[number]['user']['login']} was deleted")
        del resources[number]
        return Answer(204)

    def _review(self, body: Json) -> Answer:
        if body.get("event") == "COMMENT" and not body.get("body"):
            return Answer(422, {"message": "Unprocessable Entity", "errors": ["body is required"]})
        before = dict(self.remarks)
        for each in body.get("comments", []):
            if refused := self._remark(each | {"commit_id": body["commit_id"]}):
                self.remarks = before  # one bad comment spoils all
                return refused
        made = sample(shape("/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "post", 200))
        self.reviews.append(body)
        return Answer(200, made | {"id": next(self.ids), "body": body.get("body")})

    def _remark(self, body: Json) -> Answer | None:
        shown = {name: _right(each.get("patch") or "") for each in self.files for name in [each["filename"]]}
        lines = shown.get(body["path"], {})
        end = body["line"]
        start = body.get("start_line", end)
        if body["commit_id"] != self.pulls[42]["head"]["sha"] or end not in lines or start not in lines:
            return Answer(422, {"message": "Unprocessable Entity", "errors": ["Line must be part of the diff"]})
        if lines[start] != lines[end]:
            return Answer(
                422, {"message": "Unprocessable Entity", "errors": ["start line must be part of the same hunk"]}
            )
        if body.get("start_line") == end or (refused := self._body(body)):
            return Answer(422, {"message": "Unprocessable Entity", "errors": ["start_line must precede line"]})
        self.remark(body["body"], self.writer, line=end, path=body["path"], start_line=body.get("start_line"))
        return refused

    def _page(self, items: list[Json], path: str, query: dict[str, str], base: str) -> Answer:
        size = min(int(query.get("per_page", "30")), self.page_size or 100, 100)
        page = int(query.get("page", "1"))
        headers = {}
        if page * size < len(items):
            url = f"{base}{path}?per_page={query.get('per_page', '30')}&page={page + 1}"
            headers["Link"] = (
                f'<{base}{path}?page=1>; rel="prev", <{url}>; rel="next", <{base}{path}?page=99>; rel="last"'
            )
        return Answer(200, items[(page - 1) * size : page * size], headers)

    def graphql(self, body: Json) -> Answer:
        with self.lock:
            if "viewer" in body["query"]:
                if self.viewer is None:
                    return Answer(
                        200, {"data": None, "errors": [{"message": "Resource not accessible by integration"}]}
                    )
                return Answer(200, {"data": {"viewer": {"login": self.viewer}}})
            if "userContentEdits" in body["query"] and self.shows_former:
                edits = self.former.get(int(body["variables"]["id"].removeprefix("IC_")), [])
                return Answer(
                    200, {"data": {"node": {"userContentEdits": {"nodes": [{"diff": each} for each in edits]}}}}
                )
            undo = "unminimizeComment(" in body["query"]
            if undo or ("minimizeComment(" in body["query"] and "RESOLVED" in body["query"]):
                comment = next(each for each in self.comments.values() if each["node_id"] == body["variables"]["id"])
                comment["minimized"] = None if undo else {"reason": "resolved"}
                name = "unminimize" if undo else "minimize"
                shown = {"isMinimized": not undo}
                return Answer(200, {"data": {f"{name}Comment": {f"{name}dComment": shown}}})
        return Answer(400, {"message": "Problems parsing JSON"})


def _missing() -> Answer:
    return Answer(404, {"message": "Not Found"})


def _right(patch: str) -> dict[int, int]:
    """Return the lines on the right side of a diff and the hunk of each."""
    lines: dict[int, int] = {}
    hunk = number = 0
    for row in patch.split("\n"):
        if found := HUNK.match(row):
            hunk, number = hunk + 1, int(found[1])
        elif row[:1] in (" ", "+"):
            lines[number] = hunk
            number += 1
    return lines


@contextmanager
def dripping(part: str) -> Iterator[str]:
    """Serve answers that never end: a byte of the headers or of the body every 20 ms; give the address."""
    stopped = threading.Event()

    class Drip(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(b"HTTP/1.1 200 OK\r\n" + (b"X-Y: " if part == "headers" else b"\r\n"))
            with suppress(OSError):
                while not stopped.wait(0.02):
                    self.request.sendall(b" ")

    server = ThreadingTCPServer(("127.0.0.1", 0), Drip)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()


@contextmanager
def serving(github: FakeGitHub, base: str = "") -> Iterator[dict[str, str]]:
    """Serve a fake on this machine, and give the variables that lead there; `base` is `/api/v3` on an own server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # headers and body in one piece: in two, each answer waits 40 ms for an acknowledgement

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with github.lock:
                github.headers.append({key.lower(): value for key, value in self.headers.items()})
            graphql = "/api/graphql" if base else "/graphql"
            if parts.path != graphql and not parts.path.startswith(f"{base}/"):
                github.problems.append(f"{self.command} {self.path} is not below {base}")
            path = "/graphql" if parts.path == graphql else parts.path.removeprefix(base)
            try:
                answer = github.answer(self.command, path, dict(parse_qsl(parts.query)), body, f"{address}{base}")
            except CutError:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            encoded = isinstance(answer.body, Raw)
            content = answer.body if encoded else b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Return the server's time, which is not that of the machine."""
            return "Tue, 14 Nov 2023 22:13:20 GMT"

    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._serve)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield {
            "GITHUB_API_URL": f"{address}{base}",
            "GITHUB_GRAPHQL_URL": f"{address}/api/graphql" if base else f"{address}/graphql",
            "GITHUB_SERVER_URL": "https://github.example" if base else "https://github.com",
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
