"""Find the statements of a policy, or the entries of a statement, that may cover a resource or an action."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice, takewhile
from typing import Generic, TypeVar

from tfcheck.symbolic.beginnings import Beginning
from tfcheck.symbolic.regex import regex

_Item = TypeVar("_Item")

#: Matching fewer items takes less time than using the index.
FEW = 8
#: The number of separators of a resource that are checked; no real ARN has more.
_MOST_SEPARATORS = 50
_HEAD = regex(r"[^/:*?]*")
_LITERAL = regex(r"[^*?]*")
_UP_TO_SEPARATOR = regex(r".*[/:]", re.DOTALL)
_SEPARATOR = regex(r"[/:]")


class NameIndex(Generic[_Item]):
    """Statements, or entries of one, indexed by the beginnings of their names: actions, or the last parts of ARNs.

    An entry in which no star can cross a colon covers only names with the same beginning up to its first wildcard, and
    without a wildcard only its own.
    """

    def __init__(self, items: Iterable[tuple[_Item, Collection[str] | None]]) -> None:
        """Build from the items, each with the names that it covers; None may be any."""
        self._all: list[_Item] = []
        self._exact: dict[str, list[int]] = {}
        self._by_beginning: dict[str, list[int]] = {}
        self._by_head: dict[str, list[int]] = {}
        self._others: list[int] = []
        self._names: list[tuple[str, int]] = []
        for place, (each, names) in enumerate(items):
            self._all.append(each)
            if names is None:
                self._others.append(place)
            for name in names or ():
                filed, key = (
                    (self._exact, name)
                    if _matched_prefix(_LITERAL, name) == name
                    else (self._by_beginning, _beginning(name))
                )
                filed.setdefault(key, []).append(place)
                self._names.append((name, place))
                self._by_head.setdefault(_matched_prefix(_HEAD, name), []).append(place)

    def covering(self, name: Beginning) -> Sequence[_Item]:
        """Return those that may cover a name of which the beginning is known, or all of it, in order."""
        if len(self._all) <= FEW or not (name.known or name.is_whole):
            return self._all
        ends = [found.end() for found in islice(_SEPARATOR.finditer(name.known), _MOST_SEPARATORS + 1)]
        if len(ends) > _MOST_SEPARATORS:
            return self._all
        begun = [self._by_beginning.get(name.known[:end], ()) for end in (0, *ends)]
        if name.is_whole:
            return self._select(self._exact.get(name.known, ()), *begun)
        return self._select([place for _, place in self._beginning_with(name.known)], *begun)

    def _beginning_with(self, known: str) -> Iterator[tuple[str, int]]:
        at = bisect_left(self._in_order, (known, 0))
        return takewhile(lambda each: each[0].startswith(known), islice(self._in_order, at, None))

    @cached_property
    def _in_order(self) -> list[tuple[str, int]]:
        return sorted(self._names)

    def similar(self, name: str | None) -> Sequence[_Item]:
        """Return those about the same bucket or resource type, and those without restriction."""
        if name is None:
            return self._all
        return self._select(self._by_head.get(_matched_prefix(_HEAD, name), ()))

    def _select(self, *places: Sequence[int]) -> Sequence[_Item]:
        return [self._all[place] for place in sorted(set(self._others).union(*places))]


def literal_beginning(pattern: str | None) -> Beginning:
    """Return how everything begins that a pattern covers; None covers anything."""
    known = _matched_prefix(_LITERAL, pattern or "")
    return Beginning(known, is_whole=known == pattern)


def _beginning(name: str) -> str:
    """Return the beginning of a name up to the last separator before its wildcard."""
    return _matched_prefix(_UP_TO_SEPARATOR, _matched_prefix(_LITERAL, name))


def _matched_prefix(pattern: re.Pattern[str], text: str) -> str:
    """Return the beginning of a text that a pattern matches."""
    found = pattern.match(text)
    return found[0] if found else ""
