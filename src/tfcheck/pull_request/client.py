"""Send requests to GitHub, and retry those that are safe to retry.

Follows https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api and the page on rate
limits beside it. A POST is repeated only if it was definitely refused or not sent; otherwise its caller first looks
whether it was carried out. The token is sent in one header and used nowhere else.
"""

from __future__ import annotations

import base64
import math
import re
from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate
from typing import Any, Generic, TypeVar
from urllib.parse import urljoin

import msgspec

from tfcheck import __version__
from tfcheck.pull_request.connection import DEADLINE, Connection, HttpAnswer, NoAnswer, checked_address, origin
from tfcheck.pull_request.refusal import (
    OF_A_LIMIT,
    RefusalError,
    RefusalKind,
    UncertainError,
    WaitedError,
    answer_message,
    refusal_for,
)
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.symbolic.regex import regex

_T = TypeVar("_T")

#: In seconds, for requests that can be omitted.
_OPTIONAL = 10.0
_MOST_RETRIES = 4
#: The status of a response without a body, of one to a write that lost against another one, and of one to a text that
#: the host does not accept, or that comes too soon after others.
_NOTHING, _CONFLICT, _INVALID = 204, 409, 422
_UNDOCUMENTED = "the answer is not what GitHub documents"
#: Unread pages may contain our comment.
_ENDLESS = "a list that it gives has no end"
_MOST_REDIRECTS = 3
_MOST_PAGES = 1000
_NEXT = regex(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')


class LinkedPage(msgspec.Struct, Generic[_T]):
    """A page of a list."""

    values: list[_T]  # NOTE: an answer without them is not an empty page

    def following(self, path: str) -> str | None:
        """Return the path of the page after it in the list at `path`."""
        raise NotImplementedError


class Client:
    """GitHub's API with one token. Every method raises `RefusalError` if GitHub refuses or cannot be reached."""

    def __init__(
        self,
        hosts: Hosts,
        token: str,
        patience: WaitBudget | None = None,
        *,
        user: str = "",
        deadline: float = DEADLINE,
    ) -> None:
        """Build from the addresses and the token, which is a password if there is a `user`.

        `deadline` is in seconds, for each request.
        """
        if not re.fullmatch(r"[!-~]+", token):
            raise RefusalError(
                RefusalKind.TOKEN, "it contains characters that no token has" if token else "there is none"
            )
        self.hosts = hosts
        self._token = token
        self._password = base64.b64encode(f"{user}:{token}".encode()).decode() if user else ""
        self._connection = Connection(hosts.api, deadline)
        self._failures: Counter[tuple[str, str]] = Counter()
        self.patience = patience or WaitBudget()

    def get(self, path: str, shape: type[_T]) -> _T:
        """GET one object."""
        return self._send("GET", self.hosts.api + path, None, shape)[0]

    def find(self, path: str, shape: type[_T]) -> _T | None:
        """GET one object; None if it is gone."""
        try:
            return self.get(path, shape)
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise
            return None

    def peek(self, path: str, shape: type[_T]) -> _T | None:
        """GET one object that is optional, once and without waiting; None if that fails."""
        with suppress(RefusalError):
            found = self._try_once("GET", self.hosts.api + path, None, shape, _OPTIONAL)
            return found[0] if isinstance(found, tuple) else None
        return None

    def header(self, path: str, name: str) -> str:
        """GET a header of a response; its name is in lower case, and a missing one is empty."""
        return self._send("GET", self.hosts.api + path, None, Any)[1].headers.get(name, "")

    def pages(self, path: str, shape: type[_T]) -> Iterator[_T]:
        """GET all items of a list page by page."""
        url: str | None = f"{self.hosts.api}{path}{'&' if '?' in path else '?'}per_page=100"
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            found, answer = self._send("GET", url, None, list[shape])  # type: ignore[valid-type]
            yield from found
            url = _next_page(url, answer)
        raise RefusalError(RefusalKind.OTHER, _ENDLESS)

    def get_all(self, path: str, page: type[LinkedPage[_T]]) -> Iterator[_T]:
        """GET all items of a list whose pages contain the path of the next one."""
        following: str | None = path
        for _ in range(_MOST_PAGES):
            if following is None:
                return
            found = self.get(following, page)
            yield from found.values
            following = found.following(path)
        raise RefusalError(RefusalKind.OTHER, _ENDLESS)

    def create(self, path: str, body: Any, shape: type[_T]) -> _T:
        """POST a new object, once.

        Raises:
            UncertainError: it may be there or not.
            WaitedError: it is not there, but some time is over: look again first.
        """
        return self._send("POST", self.hosts.api + path, body, shape)[0]

    def change(self, path: str, body: Any, shape: type[_T], method: str = "PATCH") -> _T:
        """PATCH or PUT an object, once.

        Raises:
            WaitedError: it may be changed or not, and some time is over: look again first.
        """
        return self._send(method, self.hosts.api + path, body, shape)[0]

    def remove(self, path: str) -> None:
        """DELETE an object, once; a missing one is not an error.

        Raises:
            WaitedError: it may be gone or not, and some time is over: look again first.
        """
        try:
            self._send("DELETE", self.hosts.api + path, None, Any)
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise

    def ask(self, query: str, variables: dict[str, Any], shape: type[_T]) -> _T:
        """Send a GraphQL query or mutation, once, and return its `data`."""
        body = {"query": query, "variables": variables}
        checked_address(self.hosts.graphql)
        answer = self._request("POST", self.hosts.graphql, body, _OPTIONAL)
        if query.startswith("mutation") and _may_come_late(answer):
            self.patience.lose_answer()
        if isinstance(answer, NoAnswer):
            raise RefusalError(RefusalKind.UNREACHABLE, answer.problem)
        if answer.status >= 300:
            raise refusal_for(answer.status, self._message_of(answer))
        try:
            found = _decode(answer, _GraphQL)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise RefusalError(RefusalKind.OTHER, _UNDOCUMENTED, answer.status) from None
        if found.errors or found.data is None:
            raise RefusalError(RefusalKind.OTHER, self._message_of(answer), answer.status)
        try:
            return msgspec.convert(found.data, shape)
        except msgspec.ValidationError:
            raise RefusalError(RefusalKind.OTHER, _UNDOCUMENTED) from None

    def _send(self, method: str, url: str, body: Any, shape: type[_T]) -> tuple[_T, HttpAnswer]:
        """Send a request until it is answered, refused, or hopeless. Only reads are retried."""
        key = method, url
        redirects = 0
        while True:
            result = self._try_once(method, url, body, shape)
            if isinstance(result, tuple):
                self._failures.pop(key, None)
                return result
            target = self._redirect(method, url, result) if isinstance(result, HttpAnswer) else None
            if target and redirects < _MOST_REDIRECTS:
                url, redirects = target, redirects + 1
                continue
            self._wait(method, result, self._failures[key])
            self._failures[key] += 1
            if method != "GET":
                raise WaitedError(RefusalKind.UNREACHABLE, "no time left to look again")

    def _try_once(
        self, method: str, url: str, body: Any, shape: type[_T], most: float = math.inf
    ) -> tuple[_T, HttpAnswer] | HttpAnswer | NoAnswer:
        """Send a request once, and decode the response; a truncated one, or one of a proxy, counts as none.

        NOTE: an odd response to a write does not prove that nothing was written.
        """
        answer = self._request(method, url, body, most)
        if isinstance(answer, NoAnswer) or answer.status >= 300:
            return answer
        try:
            return _decode(answer, shape), answer
        except msgspec.ValidationError:
            if method == "GET":
                raise RefusalError(RefusalKind.OTHER, _UNDOCUMENTED, answer.status) from None
            return NoAnswer(_UNDOCUMENTED, sent=True)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return NoAnswer(_UNDOCUMENTED, sent=True)

    def _request(self, method: str, url: str, body: Any, most: float = math.inf) -> HttpAnswer | NoAnswer:
        seconds = min(self.patience.remaining(), most)
        if seconds <= 0:
            raise RefusalError(RefusalKind.UNREACHABLE, "it takes too long")
        content = None if body is None else msgspec.json.encode(body)
        return self._connection.request(method, url, self._headers(body is not None), content, seconds)

    def _headers(self, with_body: bool) -> dict[str, str]:
        return {
            "Authorization": f"Basic {self._password}" if self._password else f"Bearer {self._token}",
            "Accept": "application/vnd.github+json" if self.hosts.graphql else "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": f"tfcheck/{__version__}",
        } | ({"Content-Type": "application/json"} if with_body else {})

    def _wait(self, method: str, answer: HttpAnswer | NoAnswer, failures: int) -> None:
        """Wait before a retry, or raise if there is none."""
        if isinstance(answer, HttpAnswer) and answer.status < 500:
            seconds = self._limit(answer, failures)
            if seconds is None:
                raise refusal_for(answer.status, self._message_of(answer))
            if not self.patience.wait(seconds):
                raise RefusalError(RefusalKind.LIMITED, self._message_of(answer), answer.status)
            return
        problem = answer.problem if isinstance(answer, NoAnswer) else str(answer.status)
        is_lost = method != "GET" and _may_come_late(answer)
        if is_lost:
            self.patience.lose_answer()
        if method == "POST" and is_lost:
            raise UncertainError(RefusalKind.UNREACHABLE, problem)
        least = 0.5 * 2**failures
        if failures >= _MOST_RETRIES or not self.patience.wait_random(least, 2 * least):
            raise RefusalError(RefusalKind.UNREACHABLE, problem)

    def _message_of(self, answer: HttpAnswer) -> str:
        """Return the message of a response without the token, which a proxy may quote."""
        body = answer.body.replace(self._token.encode(), b"***")
        return answer_message(body.replace(self._password.encode(), b"***") if self._password else body)

    def _limit(self, answer: HttpAnswer, limits: int) -> float | None:
        """Return the seconds to wait after too many requests, or after another write to the same object, else None."""
        if answer.status == _CONFLICT and limits < _MOST_RETRIES:
            return math.ldexp(0.5, limits)
        if answer.status not in (403, _INVALID, 429):
            return None
        is_named = OF_A_LIMIT.search(answer_message(answer.body))
        if answer.status == _INVALID and not is_named:
            return None
        after = answer.headers.get("retry-after", "")
        used_up = answer.headers.get("x-ratelimit-remaining") == "0"
        if after.isdecimal():
            return max(float(after[:9]), 1.0)
        if used_up and (seconds := _until_reset(answer)) is not None:
            return seconds + 1.0
        if answer.status == 429 or used_up or is_named:
            return math.ldexp(60.0, limits)
        return None

    def _redirect(self, method: str, url: str, answer: HttpAnswer) -> str | None:
        """Return the new address of a renamed repository on the same host."""
        if answer.status not in ((301, 302, 307, 308) if method == "GET" else (307, 308)):
            return None
        target = _path_of_link(url, answer.headers.get("location", ""))
        return target if target and origin(target) == origin(url) and target != url else None


def _until_reset(answer: HttpAnswer) -> int | None:
    """Return the seconds until requests are allowed again, by the host's clock: that of a runner may be wrong."""
    date, reset = parsedate(answer.headers.get("date", "")), answer.headers.get("x-ratelimit-reset", "")
    return max(int(reset[:12]) - timegm(date), 0) if date and reset.isdecimal() else None


def _may_come_late(answer: HttpAnswer | NoAnswer) -> bool:
    """Whether a request may still be carried out after this: it was not refused, and may have been sent."""
    return answer.status >= 500 if isinstance(answer, HttpAnswer) else answer.sent


def _next_page(url: str, answer: HttpAnswer) -> str | None:
    """Return the address of the next page; None after the last one.

    NOTE: a server behind a proxy may use another name for itself, so only the query of its link counts.
    """
    found = _NEXT.search(answer.headers.get("link", ""))
    query = found[1].partition("#")[0].partition("?")[2] if found else ""
    return f"{url.partition('?')[0]}?{query}" if query else None


def _path_of_link(url: str, link: str) -> str | None:
    """Return the path of a link in a response; None if it is not a link."""
    try:
        target = urljoin(url, link)
        origin(target)
    except ValueError:
        return None
    return target


class _GraphQL(msgspec.Struct):
    data: dict[str, Any] | None = None
    errors: list[Any] | None = None


def _decode(answer: HttpAnswer, shape: type[_T]) -> _T:
    return msgspec.json.decode(answer.body if answer.status != _NOTHING else b"null", type=shape)


def first_token(variables: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the first of these variables that is set, without spaces around it; empty if none is."""
    return next((found for name in names if (found := variables.get(name, "").strip())), "")


_API = "https://api.github.com"
_SERVER = "https://github.com"


class Hosts(msgspec.Struct, frozen=True):
    """The addresses of the REST API, of GraphQL, and of the web pages, without trailing slashes."""

    api: str
    graphql: str
    server: str


def hosts(environment: Mapping[str, str]) -> Hosts:
    """Read the addresses from GITHUB_API_URL, GITHUB_GRAPHQL_URL and GITHUB_SERVER_URL, which the runner sets.

    NOTE: on GitHub Enterprise Server REST is at `/api/v3` and GraphQL at `/api/graphql`, not below it.
    """
    api = (environment.get("GITHUB_API_URL") or _API).rstrip("/")
    graphql = environment.get("GITHUB_GRAPHQL_URL") or f"{api.removesuffix('/v3')}/graphql"
    return Hosts(api, graphql.rstrip("/"), (environment.get("GITHUB_SERVER_URL") or _SERVER).rstrip("/"))
