"""Join what a task needs whether or not something exists: a resource that the plan may leave out, an element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import TextLike
from tfcheck.vocabulary.finding import Requirement, RoleKind
from tfcheck.vocabulary.needed_call import CallDetails

_INDEX = regex(r"/\d+")
_Key: TypeAlias = tuple[str, str | None, str, RoleKind, str, TextLike, CallDetails]


def join(needed: Sequence[Requirement], certain: Sequence[Requirement], doubt: str) -> tuple[Requirement, ...]:
    """Return what is needed with the resource, and what without it; what is not in both is in `doubt`."""
    without, shared = {_key(each): each for each in certain}, set(map(_key, needed))
    found = [_milder(each, without.get(_key(each)), doubt) for each in needed]
    return (*found, *(_in_doubt(each, doubt) for key, each in without.items() if key not in shared))


def _key(need: Requirement) -> _Key:
    # NOTE: an element has another index where one before it is absent.
    return (
        need.rule,
        need.container,
        _INDEX.sub("", need.pointer),
        need.role_kind,
        need.action,
        need.resource,
        need.details,
    )


def _milder(one: Requirement, other: Requirement | None, doubt: str) -> Requirement:
    """Return a requirement with the lower severity of both, in doubt where it is not needed in the same way."""
    found = one if other is None else max(one, other, key=lambda each: each.severity.rank)
    return found if other is not None and one.necessity == other.necessity else _in_doubt(found, doubt)


def _in_doubt(need: Requirement, doubt: str) -> Requirement:
    necessity = msgspec.structs.replace(need.necessity, doubt=need.necessity.doubt or doubt, once=False)
    return msgspec.structs.replace(need, necessity=necessity)
