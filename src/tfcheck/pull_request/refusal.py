"""Explain what GitHub refused, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import msgspec

from tfcheck.report.safe_text import clip_width, visible
from tfcheck.symbolic.regex import regex

_LONGEST = 300


class RefusalKind(Enum):
    """Why GitHub refuses something; the value is a clause for it."""

    PERMISSION = "the token is not allowed to write to pull requests"
    TOKEN = "the token does not work"
    LOCKED = "the conversation is locked"
    GONE = "the pull request does not exist, or the token is not allowed to see it"
    INVALID = "GitHub does not accept the text"
    LIMITED = "too many requests were made"
    UNREACHABLE = "GitHub could not be reached"
    ADDRESS = "the address of GitHub is wrong"
    PROXY = "the proxy cannot be used"
    CERTIFICATE = "the certificate of GitHub is not trusted"
    BUG = "tfcheck failed"
    OTHER = "GitHub refused"

    @property
    def hint(self) -> str:
        """What the user can do about it; empty if there is nothing."""
        return _HINTS.get(self, "")

    def hint_elsewhere(self, tokens: str) -> str:
        """Return what the user can do about it on any host, where `tokens` is the hint about the token."""
        return tokens if self in OF_TOKENS else self.hint if self in _OF_ANY_HOST else ""


#: Kinds that another token may solve.
OF_TOKENS = (RefusalKind.TOKEN, RefusalKind.PERMISSION, RefusalKind.GONE)
_OF_ANY_HOST = (RefusalKind.PROXY, RefusalKind.CERTIFICATE, RefusalKind.BUG)
_HINTS = {
    RefusalKind.PERMISSION: (
        "grant the job `permissions: pull-requests: write`; jobs of forks and of Dependabot never have it, "
        "the documentation shows a second workflow for these"
    ),
    RefusalKind.TOKEN: "pass `github-token`, or set GITHUB_TOKEN",
    RefusalKind.ADDRESS: "check GITHUB_API_URL, GITHUB_GRAPHQL_URL and GITHUB_SERVER_URL",
    RefusalKind.PROXY: "check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY",
    RefusalKind.CERTIFICATE: "set SSL_CERT_FILE to a file with the certificates that the job trusts",
    RefusalKind.BUG: "please report this bug, with the output of `--debug`",
    RefusalKind.GONE: "grant the job `permissions: pull-requests: write`",
}


class RefusalError(Exception):
    """GitHub refuses something, and a retry does not help."""

    def __init__(self, kind: RefusalKind, message: str = "", status: int = 0) -> None:
        """Build from the kind, GitHub's message, and the status of its response (0 without one)."""
        super().__init__(kind.value)
        self.kind = kind
        self.message = message
        self.status = status

    def __str__(self) -> str:
        """Return what happened in one line, with GitHub's message."""
        detail = ": ".join(filter(None, (str(self.status or ""), self.message)))
        return f"{self.kind.value} ({detail})" if detail else self.kind.value

    def words(self, host: str) -> str:
        """Return what happened on a host, which has this name."""
        words = str(self).replace("GitHub", host)
        return words.replace("pull request", "merge request") if host == "GitLab" else words


class UncertainError(RefusalError):
    """Something was sent that must not be repeated, and no response shows whether it was done."""


class WaitedError(RefusalError):
    """Something was not sent again after a wait, since it may be based on an outdated state."""


@contextmanager
def refusing(*, debug: bool) -> Iterator[None]:
    """Turn everything that goes wrong while posting into a refusal: the exit status belongs to the findings.

    The exception's message is not shown, since it may quote a report or a token. `debug` raises bugs.

    Raises:
        RefusalError: something went wrong.
    """
    try:
        yield
    except RefusalError:
        raise
    except Exception as error:
        if debug:
            raise
        raise RefusalError(RefusalKind.BUG, type(error).__name__) from None


class _Error(msgspec.Struct):
    message: str = ""


class _Body(msgspec.Struct):
    """`error` is the message of Bitbucket and OAuth; GitLab has messages by field."""

    message: str | dict[str, list[str]] = ""
    errors: list[_Error | str] = []
    error: _Error | str = ""


def answer_message(body: bytes) -> str:
    """Return GitHub's message in the body of a response, on one line; empty without one."""
    try:
        found = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    message = found.message
    if isinstance(message, dict):
        message = "; ".join(f"{field} {each}" for field, problems in message.items() for each in problems)
    details = (each if isinstance(each, str) else each.message for each in (*found.errors, found.error))
    return clip_width(" ".join(visible("; ".join(filter(None, (message, *details)))).split()), _LONGEST)


def refusal_for(status: int, message: str) -> RefusalError:
    """Return the refusal for the status and the message of a response."""
    return RefusalError(_refusal_kind(status, message), message, status)


def _refusal_kind(status: int, message: str) -> RefusalKind:
    match status:
        case 301 | 302 | 303 | 307 | 308:
            return RefusalKind.ADDRESS
        case 401:
            return RefusalKind.TOKEN
        case 403 if "locked" in message:
            return RefusalKind.LOCKED
        case 403:
            return RefusalKind.PERMISSION
        case 407:
            return RefusalKind.PROXY
        case 404 | 410:
            return RefusalKind.GONE
        case 422:
            return RefusalKind.INVALID
        case _:
            return RefusalKind.OTHER


#: GitHub's messages about too many requests.
OF_A_LIMIT = regex(r"rate limit|abuse detection|submitted too quickly", re.IGNORECASE)
