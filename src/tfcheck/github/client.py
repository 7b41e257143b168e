"""Send requests to GitHub, and repeat those that can be repeated.

Follows https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api and the page on rate
limits beside it. What may be repeated is repeated; a POST never is, unless it was definitely refused or not sent:
whoever made it looks first whether it was carried out. The token goes into one header and nowhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from tfcheck import __version__
from tfcheck.github.hosts import Hosts
from tfcheck.github.patience import WaitBudget
from tfcheck.github.refusal import RefusalError, RefusalKind, UncertainError, refused, said, speaks_of_a_limit

_T = TypeVar("_T")

_CONNECT, _READ = 5.0, 30.0
_MOST_RETRIES = 4
_MOST_REDIRECTS = 3
_MOST_PAGES = 1000
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')


class _Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """GitHub's API with one token. Every method raises `RefusalError` where GitHub refuses or cannot be reached."""

    def __init__(self, hosts: Hosts, token: str, patience: WaitBudget | None = None) -> None:
        """Build from the addresses and the token."""
        if not re.fullmatch(r"[!-~]+", token):
            raise RefusalError(
                RefusalKind.TOKEN, "it contains characters that no token has" if token else "there is none"
            )
        self._hosts = hosts
        self._token = token
        self._pool = _pool(hosts.api)
        self.patience = patience or WaitBudget()

    def read(self, path: str, shape: type[_T]) -> _T:
        """GET one thing."""
        return _decoded(self._send("GET", self._hosts.api + path), shape)

    def pages(self, path: str, shape: type[_T]) -> Iterator[_T]:
        """GET all things of a list, page by page; links to another host are not followed."""
        url: str | None = f"{self._hosts.api}{path}{'&' if '?' in path else '?'}per_page=100"
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            answer = self._send("GET", url)
            yield from _decoded(answer, list[shape])  # type: ignore[valid-type]
            url = self._next(url, answer)

    def _next(self, url: str, answer: _Answer) -> str | None:
        found = _NEXT.search(answer.headers.get("link", ""))
        target = urljoin(url, found[1]) if found else None
        return target if target and _origin(target) == _origin(self._hosts.api) else None

    def create(self, path: str, body: Any, shape: type[_T]) -> _T:
        """POST something new, once.

        Raises:
            UncertainError: it may be there or not.
        """
        return _decoded(self._send("POST", self._hosts.api + path, body), shape)

    def change(self, path: str, body: Any, shape: type[_T]) -> _T:
        """PATCH something."""
        return _decoded(self._send("PATCH", self._hosts.api + path, body), shape)

    def remove(self, path: str) -> None:
        """DELETE something; that it is gone already is no refusal."""
        try:
            self._send("DELETE", self._hosts.api + path)
        except RefusalError as refusal:
            if refusal.status not in (404, 410):
                raise

    def ask(self, query: str, variables: dict[str, Any], shape: type[_T]) -> _T:
        """Send a GraphQL query, or a mutation that may be repeated, and give its `data`."""
        body = {"query": query, "variables": variables}
        answer = self._send("POST", self._hosts.graphql, body, repeatable=True)
        found = _decoded(answer, _GraphQL)
        if found.errors or found.data is None:
            raise RefusalError(RefusalKind.OTHER, said(answer.body), answer.status)
        return _converted(found.data, shape)

    def _send(self, method: str, url: str, body: Any = None, *, repeatable: bool | None = None) -> _Answer:
        """Send a request until it is answered, refused, or hopeless."""
        may_repeat = method != "POST" if repeatable is None else repeatable
        retries = limits = redirects = 0
        while True:
            answer, problem, sent = self._once(method, url, body)
            if answer is None or answer.status >= 500:
                self._again(retries, problem or f"{answer.status if answer else 0}", may_repeat or not sent)
                retries += 1
            elif answer.status < 300:
                return answer
            elif (seconds := self._limit(answer, limits)) is not None:
                if not self.patience.wait(seconds):
                    raise RefusalError(RefusalKind.LIMITED, said(answer.body), answer.status)
                limits += 1
            elif (target := self._redirect(method, url, answer)) and redirects < _MOST_REDIRECTS:
                url, redirects = target, redirects + 1
            else:
                raise refused(answer.status, said(answer.body))

    def _once(self, method: str, url: str, body: Any) -> tuple[_Answer | None, str, bool]:
        """Send a request once: the answer, else what went wrong, and whether GitHub may have got it."""
        started = self.patience.now()
        try:
            found = self._pool.request(
                method,
                url,
                body=None if body is None else msgspec.json.encode(body),
                headers=self._headers(body is not None),
                timeout=urllib3.Timeout(connect=_CONNECT, read=_READ),
                retries=False,
                redirect=False,
            )
        except (ConnectTimeoutError, NewConnectionError):
            return None, "no connection", False
        except ReadTimeoutError:
            self.patience.spend(max(self.patience.now() - started, 0))
            return None, f"no answer within {_READ:.0f} seconds", True
        except HTTPError as error:
            return None, f"the connection broke: {type(error).__name__}", True
        headers = {name.lower(): value for name, value in found.headers.items()}
        return _Answer(found.status, headers, found.data), "", True

    def _headers(self, with_body: bool) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": f"tfcheck/{__version__}",
        } | ({"Content-Type": "application/json"} if with_body else {})

    def _again(self, retries: int, problem: str, may_repeat: bool) -> None:
        """Wait before a repetition, or say that there is none."""
        if not may_repeat:
            raise UncertainError(RefusalKind.UNREACHABLE, problem)
        least = 0.5 * 2**retries
        if retries >= _MOST_RETRIES or not self.patience.between(least, 2 * least):
            raise RefusalError(RefusalKind.UNREACHABLE, problem)

    def _limit(self, answer: _Answer, limits: int) -> float | None:
        """Return the seconds to wait where too many requests were made, else None."""
        if answer.status not in (403, 429):
            return None
        after = answer.headers.get("retry-after", "")
        used_up = answer.headers.get("x-ratelimit-remaining") == "0"
        if after.isdecimal():
            return max(float(after[:9]), 1.0)
        if used_up and (reset := answer.headers.get("x-ratelimit-reset", "")).isdecimal():
            return max(math.ceil(float(reset[:12]) - self.patience.now()), 0) + 1.0
        if answer.status == 429 or used_up or speaks_of_a_limit(said(answer.body)):
            return math.ldexp(60.0, limits)
        return None

    def _redirect(self, method: str, url: str, answer: _Answer) -> str | None:
        """Return where a renamed repository is now, on the same host only."""
        if answer.status not in ((301, 302, 307, 308) if method == "GET" else (307, 308)):
            return None
        target = urljoin(url, answer.headers.get("location", ""))
        return target if _origin(target) == _origin(url) and target != url else None


class _GraphQL(msgspec.Struct):
    data: dict[str, Any] | None = None
    errors: list[Any] | None = None


def _decoded(answer: _Answer, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeError):
        raise RefusalError(RefusalKind.OTHER, "the answer is not what GitHub documents", answer.status) from None


def _converted(data: Any, shape: type[_T]) -> _T:
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError:
        raise RefusalError(RefusalKind.OTHER, "the answer is not what GitHub documents") from None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _pool(api: str) -> urllib3.PoolManager:
    """Build the connections, through the proxy that the environment names for this host."""
    scheme, host = _origin(api)
    proxy = getproxies().get(scheme)
    if proxy and not proxy_bypass(host):
        return urllib3.ProxyManager(proxy)
    return urllib3.PoolManager()
