"""A second GitHub and GitLab, written from their descriptions alone, on real sockets and below HTTP's politeness.

It shares nothing with the other fake: it reads requests itself, so that it can break off, drip, lie about lengths, or
answer what no web server would. It watches what is written: by whom, to what, of which commit.
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import responses
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]

HEAD = "5b1d7c0e93f24a6688c1f0aa5de27b9c40318d2f"
OLDER = "77" * 20
SECRET = "ghs_for-the-second-server-only"
MARK = re.compile(r"<!-- tfcheck:v1 key=\w{16} sha=(\w{40}) run=(\d+)\.(\d+)(?: write=\w{8})? -->\n")
BOT: Json = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}
PERSON: Json = {"login": "mallory", "username": "mallory", "id": 666, "type": "User"}
ROBOT: Json = {"id": 7, "username": "project_1_bot", "name": "tfcheck"}


@dataclass
class Reply:
    """An answer; `raw` instead of `body` is sent as it is."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.status == 204 else json.dumps(self.body).encode()

    def head(self, length: int) -> bytes:
        kind = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(length)}
        lines = [f"{name}: {value}" for name, value in (kind | self.headers).items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} {responses.get(self.status, 'Odd')}", *lines, "", ""]).encode()


class Exchange:
    """One request on its socket. `serve` carries it out, everything else is what the other side gets to see of it."""

    def __init__(
        self, server: SecondServer, wire: socket.socket, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> None:
        self.server, self.wire, self.method, self.url, self.headers, self.body = (
            server, wire, method, url, headers, body
        )  # fmt: skip
        self.closed = False

    def serve(self) -> Reply:
        with self.server.lock:
            return self.server.answer(self)

    def send(self, reply: Reply) -> None:
        content = reply.content()
        self.write(reply.head(len(content)) + content)

    def write(self, data: bytes) -> None:
        self.wire.sendall(data)

    def close(self, *, reset: bool = False) -> None:
        if reset:
            self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.closed = True


Step = Callable[[Exchange], None]


@dataclass
class Rule:
    """What happens at the next `times` requests whose `METHOD path` matches."""

    pattern: str
    step: Step
    times: int


class SecondServer:
    """A repository with pull request 42 and a project with merge request 42, both with the same comments."""

    def __init__(self) -> None:
        self.head, self.state, self.locked = HEAD, "open", False
        self.comments: dict[int, Json] = {}
        self.files: list[Json] = []
        self.remarks: list[Json] = []
        self.rules: list[Rule] = []
        self.log: list[str] = []
        self.wrong: list[str] = []
        self.lock = threading.RLock()
        self.base = ""
        self.me = BOT
        self._ids = itertools.count(1001)

    def when(self, pattern: str, step: Step, times: int = 10_000) -> None:
        self.rules.append(Rule(pattern, step, times))

    def put(self, body: str, user: Json | None = None, **more: Any) -> int:
        number = next(self._ids)
        url = f"https://github.example/acme/shop/pull/42#issuecomment-{number}"
        self.comments[number] = {
            "id": number,
            "node_id": f"IC_{number}",
            "html_url": url,
            "user": user or self.me,
            "author": user or self.me,
            "body": body,
            "minimized": None,
            "system": False,
        } | more
        return number

    def ours(self) -> list[Json]:
        """Return our comments that are shown."""
        found = (each for each in self.comments.values() if each["user"] == self.me and not each["minimized"])
        return [each for each in found if MARK.match(each["body"] or "")]

    def writes(self) -> list[str]:
        return [each for each in self.log if not each.startswith("GET") and "/graphql" not in each]

    def step(self, exchange: Exchange) -> Step:
        with self.lock:
            said = f"{exchange.method} {exchange.url}"
            self.log.append(said)
            for rule in self.rules:
                if rule.times and re.search(rule.pattern, said):
                    rule.times -= 1
                    return rule.step
        return lambda each: each.send(each.serve())

    def answer(self, asked: Exchange) -> Reply:
        parts = urlsplit(asked.url)
        if asked.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply(401, {"message": "Bad credentials"})
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        body = json.loads(asked.body) if asked.body else {}
        path = parts.path
        if path == "/graphql":
            return self._graphql(body)
        if path == "/user":
            return self._user()
        for pattern, kind in _ROUTES:
            if found := re.fullmatch(pattern, path):
                return getattr(self, f"_{kind}")(asked.method, found, query, body)  # type: ignore[no-any-return]
        return Reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})

    def _user(self) -> Reply:
        if self.me is BOT:
            return Reply(403, {"message": "Resource not accessible by integration"})
        return Reply(200, self.me)

    def _graphql(self, body: Json) -> Reply:
        if "minimizeComment" in body["query"]:
            (found,) = (each for each in self.comments.values() if each["node_id"] == body["variables"]["id"])
            found["minimized"] = {"reason": "resolved"}
            return Reply(200, {"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}})
        return Reply(200, {"data": {"viewer": {"login": self.me["login"]}}})

    def _pull(self, method: str, found: re.Match[str], query: Json, body: Json) -> Reply:
        head = {"sha": self.head, "ref": "topic", "repo": {"full_name": "acme/shop"}}
        return Reply(200, {"number": 42, "state": self.state, "locked": self.locked, "head": head})

    def _merge(self, method: str, found: re.Match[str], query: Json, body: Json) -> Reply:
        state = {"open": "opened"}.get(self.state, self.state)
        return Reply(200, {"iid": 42, "state": state, "sha": self.head, "web_url": "https://gitlab.example/mr/42"})

    def _files(self, method: str, found: re.Match[str], query: Json, body: Json) -> Reply:
        return Reply(200, self.files)

    def _remarks(self, method: str, found: re.Match[str], query: Json, body: Json) -> Reply:
        if method == "GET":
            return Reply(200, self.remarks)
        if body["commit_id"] != self.head:
            self.wrong.append("suggested for a commit that is not the newest")
        for each in body["comments"] if found[1] == "reviews" else [body]:
            self.remarks.append({**each, "id": next(self._ids), "user": self.me, "position": 1})
        return Reply(201, {"id": next(self._ids)})

    def _thread(self, method: str, found: re.Match[str], query: Json, body: Json) -> Reply:
        if method == "POST":
            if refused := self._refused(body):
                return refused
            self._watch(None, body["body"])
            return Reply(201, self.comments[self.put(body["body"])])
        size, page = min(int(query.get("per_page", "30")), 100), int(query.get("page", "1"))
        all_of_them = sorted(self.comments.values(), key=lambda each: each["id"])
        more = len(all_of_them) > size * page
        following = f"{self.base}{found[0]}?per_page={size}&page={page + 1}"
        link = {"Link": f'<{self.base}{found[0]}?page=1>; rel="first", <{following}>; rel="next"'} if more else {}
        return Reply(200, all_of_them[size * (page - 1) : size * page], link)

    def _one(self, method: str, found: re.Match[str], query: Json, body: Json) -> Reply:
        number = int(found["id"])
        if number not in self.comments:
            return Reply(404, {"message": "Not Found"})
        comment = self.comments[number]
        if method == "GET":
            return Reply(200, comment)
        if comment["user"] != self.me:
            self.wrong.append(f"{method} of a comment of {comment['user']}")
        if method == "DELETE":
            self._watch(comment["body"], "")
            return Reply(204, self.comments.pop(number) and None)
        if refused := self._refused(body):
            return refused
        self._watch(comment["body"], body["body"])
        comment["body"] = body["body"]
        return Reply(200, comment)

    def _refused(self, body: Json) -> Reply | None:
        if self.locked:
            return Reply(403, {"message": "Unable to create comment because issue is locked."})
        if not body["body"].strip():
            return Reply(422, {"message": "Validation Failed", "errors": ["Body cannot be blank"]})
        if len(body["body"]) > 65_536:
            return Reply(422, {"message": "Validation Failed", "errors": [{"message": "Body is too long"}]})
        return None

    def _watch(self, before: str | None, after: str) -> None:
        """Note what is wrong with a write that really happens: to a closed pull request, or of an older commit."""
        if self.state != "open":
            self.wrong.append("written to a closed pull request")
        mark = MARK.match(after)
        if after and (mark is None or mark[1] != self.head):
            self.wrong.append("written for a commit that is not the newest")


_ROUTES = (
    (r"/repos/acme/shop/pulls/42", "pull"),
    (r"/repos/acme/shop/pulls/42/files", "files"),
    (r"/repos/acme/shop/pulls/42/(comments|reviews)", "remarks"),
    (r"/repos/acme/shop/issues/42/comments", "thread"),
    (r"/repos/acme/shop/issues/comments/(?P<id>\d+)", "one"),
    (r"/projects/acme%2Fshop/merge_requests/42", "merge"),
    (r"/projects/acme%2Fshop/merge_requests/42/notes", "thread"),
    (r"/projects/acme%2Fshop/merge_requests/42/notes/(?P<id>\d+)", "one"),
)


class _Handler(StreamRequestHandler):
    """Read requests from one connection, one after the other."""

    server: _Listener

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            while self._one_more():
                pass

    def _one_more(self) -> bool:
        words = self.rfile.readline().decode("ascii").split()
        if len(words) != 3:
            return False
        headers = {}
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        url = re.sub(r"^https?://[^/]+", "", words[1])  # whole, where we are taken for a proxy
        exchange = Exchange(self.server.owner, self.connection, words[0], url, headers, body)
        self.server.owner.step(exchange)(exchange)
        return not exchange.closed


class _Listener(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    owner: SecondServer


@contextmanager
def listening(server: SecondServer) -> Iterator[SecondServer]:
    """Serve on a port of this machine, its address in `base`."""
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.owner = server
        server.base = f"http://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()


def says(status: int, message: str = "", **headers: str) -> Step:
    """Refuse without doing anything."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda each: each.send(Reply(status, {"message": message}, named))


def sends(raw: bytes, status: int = 200, **headers: str) -> Step:
    """Answer with these bytes, without doing anything."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda each: each.send(Reply(status, headers=named, raw=raw))


def after(step: Step) -> Step:
    """Do what is asked, and answer something else."""

    def then(exchange: Exchange) -> None:
        exchange.serve()
        step(exchange)

    return then


def first(do: Callable[[SecondServer], object], step: Step | None = None) -> Step:
    """Let something happen before the request is looked at."""

    def then(exchange: Exchange) -> None:
        do(exchange.server)
        (step or (lambda each: each.send(each.serve())))(exchange)

    return then


def hangs_up(exchange: Exchange) -> None:
    exchange.close()


def resets(exchange: Exchange) -> None:
    exchange.close(reset=True)


def is_silent(exchange: Exchange) -> None:
    time.sleep(5)


def breaks_off(exchange: Exchange) -> None:
    """Promise more than comes."""
    content = exchange.serve().content()
    exchange.write(Reply(200).head(len(content) + 100) + content[: len(content) // 2])
    exchange.close()


def drips(exchange: Exchange) -> None:
    """Never stop sending, and never send enough for a time-out of the socket."""
    exchange.write(Reply(200).head(100_000))
    with suppress(OSError):
        for _ in range(2000):
            exchange.write(b" ")
            time.sleep(0.02)
    exchange.close()


def writes(*lines: bytes, times: int = 1) -> Step:
    """Send what no web server would, and hang up."""

    def then(exchange: Exchange) -> None:
        with suppress(OSError):
            for _ in range(times):
                exchange.write(b"".join(line + b"\r\n" for line in lines))
        exchange.close()

    return then


def floods(exchange: Exchange) -> None:
    """Send more than any answer has."""
    with suppress(OSError):
        exchange.write(Reply(200).head(1 << 40) + b"[")
        for _ in range(40):
            exchange.write(b" " * (1 << 20))
    exchange.close()


def goes_to(place: str, status: int = 307) -> Step:
    """Redirect; `{base}` and `{url}` are those of the request."""
    return lambda each: each.send(
        Reply(status, {"message": "Moved"}, {"Location": place.format(base=each.server.base, url=each.url)})
    )
