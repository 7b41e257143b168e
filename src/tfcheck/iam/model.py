"""Parsed policies, with an index of their statements, and requests.

The elements of a statement are parsed once, by the modules that match them, so that no request parses them again.
Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cached_property
from itertools import islice
from typing import Generic, Protocol, TypeVar

import msgspec

from tfcheck.iam.action import Actions
from tfcheck.iam.condition import Condition
from tfcheck.iam.context import Caller, Context
from tfcheck.iam.principal import Principals
from tfcheck.iam.resource import Resources, Target
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import TextLike, Unknown

#: Matching fewer statements takes less time than using the index.
_FEW = 8
#: The number of separators of a resource that are checked; no real ARN has more.
_MOST_SEPARATORS = 50
_HEAD = regex(r"[^/:*?]*")
_LITERAL = regex(r"[^*?]*")
_UP_TO_SEPARATOR = regex(r".*[/:]", re.DOTALL)
_SEPARATOR = regex(r"[/:]")


class NamesResources(Protocol):
    """A statement, as seen by the index."""

    @property
    def resources(self) -> Resources | None:
        """Its Resource or NotResource; None without either."""


_S = TypeVar("_S", bound=NamesResources)


class StatementIndex(Generic[_S]):
    """The statements of one policy, indexed by the beginning of the last part of their ARNs.

    An entry in which no star can cross a colon covers only resources with the same beginning up to its first wildcard,
    and without a wildcard only what it names.
    """

    def __init__(self, statements: Sequence[_S]) -> None:
        self._all = statements
        self._exact: dict[str, list[int]] = {}
        self._by_beginning: dict[str, list[int]] = {}
        self._by_head: dict[str, list[int]] = {}
        self._others: list[int] = []
        for place, each in enumerate(statements):
            names = _names(each)
            if names is None:
                self._others.append(place)
            for name in names or ():
                filed, key = (
                    (self._exact, name)
                    if _matched_prefix(_LITERAL, name) == name
                    else (self._by_beginning, _beginning(name))
                )
                filed.setdefault(key, []).append(place)
                self._by_head.setdefault(_matched_prefix(_HEAD, name), []).append(place)

    def covering(self, wanted: Target) -> Sequence[_S]:
        """Return the statements that may cover a resource, in order; all if it is not completely known."""
        if wanted.plain is None or len(self._all) <= _FEW:
            return self._all
        name = wanted.plain[5]
        ends = [found.end() for found in islice(_SEPARATOR.finditer(name), _MOST_SEPARATORS + 1)]
        if len(ends) > _MOST_SEPARATORS:
            return self._all
        begun = [self._by_beginning.get(name[:end], ()) for end in (0, *ends)]
        return self._select(self._exact.get(name, ()), *begun)

    def similar(self, wanted: Target) -> Sequence[_S]:
        """Return the statements about the same bucket or resource type, and those without restriction."""
        if wanted.plain is None:
            return self._all
        return self._select(self._by_head.get(_matched_prefix(_HEAD, wanted.plain[5]), ()))

    def _select(self, *places: Sequence[int]) -> Sequence[_S]:
        return [self._all[place] for place in sorted(set(self._others).union(*places))]


def _names(statement: NamesResources) -> frozenset[str] | None:
    """Return the last parts of the ARNs that a statement covers; None if that may be anything."""
    resources = statement.resources
    if resources is None or resources.negated:
        return None
    if any(each.plain is None or each.stretches for each in resources.entries):
        return None
    return frozenset(each.plain[5] for each in resources.entries if each.plain is not None)


def _beginning(name: str) -> str:
    """Return the beginning of a name up to the last separator before its wildcard."""
    return _matched_prefix(_UP_TO_SEPARATOR, _matched_prefix(_LITERAL, name))


def _matched_prefix(pattern: re.Pattern[str], text: str) -> str:
    """Return the beginning of a text that a pattern matches."""
    found = pattern.match(text)
    return found[0] if found else ""


class Effect(Enum):
    """The effect of a statement; OPEN is known only after apply."""

    ALLOW = "Allow"
    DENY = "Deny"
    OPEN = "unknown"


class PolicyKind(Enum):
    """What a policy is attached to, which decides on its required and forbidden elements."""

    IDENTITY = "identity"  # on a role, as a boundary, or an SCP: no Principal
    RESOURCE = "resource"  # on a resource: a Principal, perhaps no Resource
    TRUST = "trust"  # who may assume the role: a Principal, no Resource


#: The index of a statement that is not in a list.
UNLISTED = -1


class Origin(msgspec.Struct, frozen=True):
    """The origin of a statement: its policy's address or ARN, Sid, index, file and line.

    `index` is `UNLISTED` if the place is not known, or there is no list. Of a `secret` one nothing else may be shown,
    and it has no Sid.
    """

    policy: str
    sid: str | None
    index: int
    file: str = ""
    line: int = 0
    secret: bool = False

    @property
    def number(self) -> int | None:
        """The statement's number, from 1, or None if it is not in a list."""
        return None if self.index == UNLISTED else self.index + 1


class Statement(msgspec.Struct, frozen=True):
    """One statement. `resources` and `principals` are None if the policy has no such element.

    `unread` is set if nothing is known of the statement except that it may exist.
    """

    origin: Origin
    effect: Effect
    actions: Actions
    resources: Resources | None = None
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    unread: Unknown | None = None


class Policy(msgspec.Struct, frozen=True, dict=True):
    """A policy document. `invalid` says why AWS would refuse it; it then has no statements and is unreadable.

    `refused` is set if that is certain. `open`: there may be further, unknown statements.
    """

    name: str
    statements: tuple[Statement, ...] = ()
    version: str | None = None
    invalid: str | None = None
    refused: bool = False
    warnings: tuple[str, ...] = ()
    open: bool = False

    @cached_property
    def index(self) -> StatementIndex[Statement]:
        """Its statements, indexed when the policy is first used."""
        return StatementIndex(self.statements)


class Request(msgspec.Struct, frozen=True):
    """One call: an action (`service:Name`, no wildcards) on a resource (an ARN, or `*`).

    `documented` is the resource as AWS documents it, if calls are checked against another `resource`.
    `resource_account` is the account that owns the resource; None takes it from the ARN, or assumes the caller's.
    """

    action: str
    resource: TextLike
    caller: Caller
    context: Context
    resource_account: TextLike | None = None
    documented: TextLike | None = None
