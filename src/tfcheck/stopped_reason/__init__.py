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
    text = " ".join(said.replace("’", "'").split())
    denial = _denial(text)
    known = next((each for each in KNOWN if re.search(each.pattern, text, re.IGNORECASE)), None)
    if known is None:
        known = _by_action(denial) if denial else None
    if known is None:
        return None
    cause = Cause.NETWORK if _NETWORK.search(text) else known.cause
    return Explanation(known, cause, denial)


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
