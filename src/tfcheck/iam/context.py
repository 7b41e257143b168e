"""A request's caller, and its condition keys as far as they are known before it is made.

A key has a value, which may be unknown, or is absent, or may be absent. Any key that is not listed may be absent, and
may have any value. Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeAlias

import msgspec

from tfcheck.symbolic.value import TextLike, Unknown, Value
from tfcheck.vocabulary.grouping import group_by_key


class Caller(msgspec.Struct, frozen=True):
    """The role whose session makes a request.

    `arn` is the role's ARN with its path, `unique_id` the id that AWS assigns (AROA…), `session` the name of the
    session, `tags` the role's tags: unknown if they are not visible, except `own_tags`.
    """

    arn: TextLike
    name: TextLike
    account: TextLike
    unique_id: TextLike | None = None
    tags: dict[str, Value] | Unknown = Unknown(reason="the role's tags are not known")
    own_tags: dict[str, Value] = {}
    session: TextLike = Unknown(reason="ECS names the session when a task starts")


class Absent(msgspec.Struct, frozen=True):
    """The request does not have the key."""


class PresenceUnknown(msgspec.Struct, frozen=True):
    """The request may have the key, with `value`."""

    value: Value = Unknown(reason="the request decides")


class OneOfValues(msgspec.Struct, frozen=True):
    """The request has the key with an unknown one of `values`."""

    values: tuple[Value, ...]


class LaterTime(msgspec.Struct, frozen=True):
    """The request has the key with a time after this one, in seconds since 1970."""

    seconds: int


#: A list is the value of a multivalued key.
Entry: TypeAlias = Value | Absent | PresenceUnknown | OneOfValues | LaterTime

ANY_ENTRY = PresenceUnknown()
ABSENT = Absent()

#: Keys with several values, which need `ForAllValues` or `ForAnyValue`.
MULTIVALUED = frozenset(
    (
        "aws:calledvia",
        "aws:tagkeys",
        "aws:principalorgpaths",
        "aws:resourceorgpaths",
        "aws:principalservicenameslist",
        "aws:sourceorgpaths",
        "kms:encryptioncontextkeys",
        "kms:resourcealiases",
    )
)


class Context(msgspec.Struct, frozen=True):
    """The keys of one request, in lower case; for each prefix in `closed` there are no others."""

    entries: dict[str, Entry] = {}
    closed: tuple[str, ...] = ()

    def lookup(self, key: str) -> Entry:
        """Return the value of a key, regardless of its case."""
        lowered = key.lower()
        entry = self.entries.get(lowered, ANY_ENTRY)
        if entry is ANY_ENTRY and lowered.startswith(self.closed):
            return ABSENT
        return entry

    def extend(self, entries: Mapping[str, Entry]) -> Context:
        """Return the context with added or replaced keys.

        A key that ends in `/` or `:` names all keys that begin like it: a dict gives those there are, `Absent` says
        that there are none, an unknown value that nothing is known.
        """
        merged = dict(self.entries)
        closed = list(self.closed)
        for key, entry in entries.items():
            lowered = key.lower()
            if not lowered.endswith(("/", ":")):
                merged[lowered] = entry
                continue
            merged = {name: each for name, each in merged.items() if not name.startswith(lowered)}
            closed = [each for each in closed if each != lowered]
            if isinstance(entry, dict):
                merged |= _in_lower_case(lowered, entry)
            if isinstance(entry, (dict, Absent)):
                closed.append(lowered)
        return Context(merged, tuple(closed))


def _in_lower_case(prefix: str, entries: dict[str, Value]) -> dict[str, Entry]:
    """Return keys in lower case: of two that differ in case only, such as tags, AWS leaves open which one counts."""
    grouped = group_by_key((prefix + name.lower(), value) for name, value in entries.items())
    return {key: values[0] if len(values) == 1 else OneOfValues(tuple(values)) for key, values in grouped.items()}


class Deferred(Context, frozen=True, dict=True, kw_only=True):
    """The keys of one request, computed when the first one is needed: few statements use any."""

    make: Callable[[], Context]

    def lookup(self, key: str) -> Entry:
        """Return the value of a key, regardless of its case."""
        return self._context.lookup(key)

    def extend(self, entries: Mapping[str, Entry]) -> Context:
        """Return the context with added or replaced keys."""
        return self._context.extend(entries)

    @property
    def is_unused(self) -> bool:
        """Whether no key has been used, so that no result depends on any."""
        return "_context" not in self.__dict__

    @cached_property
    def _context(self) -> Context:
        return self.make()


class WithoutKeys(Context, frozen=True, kw_only=True):
    """The keys of one request for a policy in which keys with these prefixes have no documented effect."""

    around: Context
    prefixes: tuple[str, ...]

    def lookup(self, key: str) -> Entry:
        """Return the value of a key, regardless of its case."""
        return ANY_ENTRY if key.lower().startswith(self.prefixes) else self.around.lookup(key)
