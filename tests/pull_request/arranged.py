"""What can be the matter with a pull request before a job starts, or while it runs."""

from __future__ import annotations

from collections.abc import Callable

from tests.pull_request.one_job import earlier
from tests.pull_request.second_server import HEAD, PERSON, Exchange, Reply, SecondServer, Step, first, says

Arranged = Callable[[SecondServer], object]

POST, PATCH, LIST = "^POST .*issues/42/comments", "^PATCH .*issues/comments", "^GET .*issues/42/comments"
PULL, GRAPHQL, REST = "^GET /repos/acme/shop/pulls/42$", "graphql", "/(repos|projects|user)"
HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1>" + b"x" * 5000
NESTED = b"[" * 200_000

SLOW_DOWN = says(403, "You have exceeded a secondary rate limit")
TOMORROW = says(403, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset="99999999999")
GONE = first(lambda server: server.comments.pop(server.ours()[0]["id"]))


def at(pattern: str, step: Step, times: int = 10_000) -> Arranged:
    return lambda server: server.when(pattern, step, times)


def all_of(*arranged: Arranged) -> Arranged:
    def then(server: SecondServer) -> None:
        for each in arranged:
            each(server)

    return then


def ours(body: str = "") -> Arranged:
    """Let there be a comment of ours."""
    return lambda server: server.put(body or earlier())


def minimized(server: SecondServer) -> None:
    server.put(earlier(), minimized={"reason": "outdated"})


def stranger(body: str) -> Arranged:
    return lambda server: server.put(body, PERSON)


def crowd(number: int) -> Arranged:
    return lambda server: [server.put(f"Comment {each}", PERSON) for each in range(number)]


def nobody(server: SecondServer) -> None:
    """Let the account of a comment be gone, and its text."""
    server.comments[server.put("")] |= {"user": None, "body": None}


def locked(server: SecondServer) -> None:
    server.locked = True


def runs_on(server: SecondServer) -> None:
    server.head = "ab" * 20


def closes(server: SecondServer) -> None:
    server.state = "closed"


def opens(server: SecondServer) -> None:
    server.state = "open"


def overtakes(server: SecondServer) -> None:
    """Let a newer run of the same commit write."""
    for each in server.ours():
        each["body"] = earlier("11.1", HEAD)


def person(server: SecondServer) -> None:
    server.me = {"login": "Alice", "id": 5, "type": "User"}


def linked(place: str) -> Step:
    """Answer the thread with a link to another page."""

    def then(exchange: Exchange) -> None:
        reply = exchange.serve()
        exchange.send(Reply(200, reply.body, {"Link": place.format(base=exchange.server.base)}))

    return then
