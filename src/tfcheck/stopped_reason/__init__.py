"""What does a stopped reason, or an event of a service, say?

The texts are those of Fargate, of the ECS agent on EC2, and of the API. They change between releases and count their
retries: each is recognised by the part that stays. Follows
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html.
"""

from __future__ import annotations

import re

import msgspec

from tfcheck.stopped_reason.fetched import of_what_is_fetched
from tfcheck.stopped_reason.known import Cause, Known
from tfcheck.stopped_reason.launched import of_the_launch

__all__ = ["KNOWN", "Cause", "Denial", "Explanation", "Known", "explained"]

KNOWN: tuple[Known, ...] = (*of_what_is_fetched(), *of_the_launch())


class Denial(msgspec.Struct, frozen=True):
    """What AWS says of a call that it refused, as far as the text holds it."""

    role: str | None
    action: str
    resource: str | None
    why: str | None


class Explanation(msgspec.Struct, frozen=True):
    """What a text means."""

    known: Known
    cause: Cause
    denial: Denial | None


def explained(said: str) -> Explanation | None:
    """Recognise a text; None where it is not known."""
    lines = _lines(said)
    text, joined = " ".join(" ".join(lines).split()), "".join(lines)
    denial = _denial(text)
    known = _known(text) or (_by_action(denial) if denial else None) or _known(joined, is_cut=True)
    if known is None:
        return None
    is_network = _NETWORK.search(text) or re.search(_spaceless(_NETWORK.pattern), joined, re.IGNORECASE)
    return Explanation(known, Cause.NETWORK if is_network else known.cause, denial)


def _lines(said: str) -> list[str]:
    """Undo what texts suffer on the way: frames, JSON's and HTML's escapes, typographic quotes.

    Lines keep the space at their end, since a terminal breaks them within words too.
    """
    from html import unescape  # takes longer to load than to use

    text = _ESCAPE.sub(lambda found: _MEANT.get(found[1], "") or chr(int(found[1][1:], 16)), said)
    text = re.sub("[‘’`´]", "'", unescape(text)).replace("\u00a0", " ")
    return [_FRAME.sub("", line) for line in text.splitlines()]


def _known(text: str, *, is_cut: bool = False) -> Known | None:
    """Find what a text says; `is_cut` if it was broken into lines anywhere, so that any space may be lost."""
    patterns = ((each, _spaceless(each.pattern) if is_cut else each.pattern) for each in KNOWN)
    return next((each for each, pattern in patterns if re.search(pattern, text, re.IGNORECASE)), None)


def _spaceless(pattern: str) -> str:
    return pattern.replace(" ?", " ").replace(" ", " ?")


#: What JSON writes for characters that it does not hold as they are; control characters and halves of pairs stay so.
_ESCAPE = re.compile(r"\\+(u(?!00[01]|[dD][89a-fA-F])[0-9a-fA-F]{4}|[nrt\"/])")
_MEANT = {"n": "\n", "r": "\n", "t": " ", '"': '"', "/": "/"}
#: What Terraform and mail programs put before each line.
_FRAME = re.compile(r"^[\s│|>╷╵]+")
_NETWORK = re.compile(
    r"context deadline exceeded|i/o timeout|: signal: killed|no such host|connection refused|connection issue|dial tcp",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"User: (?P<user>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>\S+))?",
    re.IGNORECASE,
)
_ROLE = re.compile(r":assumed-role/([^/\s]+)/")
_ENDINGS = (
    ("no identity-based policy allows", "no policy of the role allows it: add a statement"),
    (
        "explicit deny in a resource-based policy",
        "the policy of the resource denies it: no statement of the role helps",
    ),
    ("explicit deny in a service control policy", "a service control policy denies it: ask who runs the organization"),
    ("explicit deny in an identity-based policy", "a policy of the role denies it: change the statement that denies"),
    ("no permissions boundary allows", "the permissions boundary of the role does not allow it"),
    ("no VPC endpoint policy allows", "the policy of a VPC endpoint does not allow it"),
    ("no resource-based policy allows", "the policy of the resource does not allow it"),
)


def _denial(text: str) -> Denial | None:
    found = _DENIED.search(text)
    if found is None:
        return None
    role = _ROLE.search(found["user"])
    why = next((meaning for ending, meaning in _ENDINGS if ending.lower() in text.lower()), None)
    resource = found["resource"].rstrip(".,;\"'") if found["resource"] else None
    return Denial(role[1] if role else None, found["action"], resource, why)


def _by_action(denial: Denial) -> Known | None:
    """Explain a refused call by its action, where the text around it is not known."""
    for each in KNOWN:
        if denial.action in each.actions and each.cause is Cause.PERMISSION:
            return each
    return None
