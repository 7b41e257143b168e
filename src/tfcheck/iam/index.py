"""Find the statements of a policy, or the entries of a statement, that may cover a resource or an action."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice, takewhile
from typing import Generic, TypeVar

from tfcheck.symbolic.beginnings import Beginning
from tfcheck.symbolic.regex import regex

_Item = TypeVar("_Item")

#: Matching fewer items takes less time than using the index.
FEW = 8
_HEAD = regex(r"[^/:*?]*")
_LITERAL = regex(r"[^*?]*")


class NameIndex(Generic[_Item]):
    """Statements, or entries of one, indexed by the beginnings of their names: actions, or the last parts of ARNs.

    An entry in which no star can cross a colon covers only names with the same beginning up to its first wildcard, and
    without a wildcard only its own.
    """

    def __init__(self, items: Iterable[tuple[_Item, Collection[str] | None]]) -> None:
        """Build from the items, each with the names that it covers; None may be any."""
        self._all: list[_Item] = []
        self._left_out: frozenset[int] = frozenset()
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
                literal = _matched_prefix(_LITERAL, name)
                places = self._exact if literal == name else self._by_beginning
                places.setdefault(literal, []).append(place)
                self._names.append((name, place))
                self._by_head.setdefault(_matched_prefix(_HEAD, name), []).append(place)

    @classmethod
    def by_name(cls, items: Iterable[_Item], name_of: Callable[[_Item], str | None]) -> NameIndex[_Item]:
        """Index items by the name that each covers; None may be any."""
        named = ((each, name_of(each)) for each in items)
        return cls((each, None if name is None else (name,)) for each, name in named)

    def without(self, items: Iterable[_Item]) -> NameIndex[_Item]:
        """Return the index without some items, which shares all that it is made of."""
        other: NameIndex[_Item] = NameIndex(())
        other.__dict__.update(self.__dict__)
        other._left_out = self._left_out.union(map(id, items))
        return other

    def covering(self, name: Beginning) -> Sequence[_Item]:
        """Return those that may cover a name of which the beginning is known, or all of it, in order."""
        if len(self._all) <= FEW or not (name.known or name.is_whole):
            return self._filter(self._all)
        begun = self._beginnings_of(name.known)
        if name.is_whole:
            return self._select(self._exact.get(name.known, ()), *begun)
        return self._select([place for _, place in self._beginning_with(name.known)], *begun)

    def _beginnings_of(self, known: str) -> Iterator[list[int]]:
        """Yield the places of the patterns whose part up to the first wildcard a text begins with."""
        # NOTE: in sorted order, all that is between a text and one of its beginnings has that beginning too.
        at = bisect_right(self._patterns, known) - 1
        literal = self._patterns[at] if at >= 0 else None
        while literal is not None:
            if known.startswith(literal):
                yield self._by_beginning[literal]
            literal = self._next_shorter[literal]

    @cached_property
    def _patterns(self) -> list[str]:
        return sorted(self._by_beginning)

    @cached_property
    def _next_shorter(self) -> dict[str, str | None]:
        """The longest other beginning of a pattern that each of them begins with."""
        found: dict[str, str | None] = {}
        before: list[str] = []
        for literal in self._patterns:
            while before and not literal.startswith(before[-1]):
                before.pop()
            found[literal] = before[-1] if before else None
            before.append(literal)
        return found

    def _beginning_with(self, known: str) -> Iterator[tuple[str, int]]:
        at = bisect_left(self._in_order, (known, 0))
        return takewhile(lambda each: each[0].startswith(known), islice(self._in_order, at, None))

    @cached_property
    def _in_order(self) -> list[tuple[str, int]]:
        return sorted(self._names)

    def similar(self, name: str | None, most: int) -> Sequence[_Item]:
        """Return the first of those about the same bucket or resource type, and of those without restriction."""
        if name is None:
            return self._filter(self._all[:most])
        places = {*self._others[:most], *self._by_head.get(_matched_prefix(_HEAD, name), ())[:most]}
        return self._filter([self._all[place] for place in sorted(places)[:most]])

    def _select(self, *places: Sequence[int]) -> Sequence[_Item]:
        return self._filter([self._all[place] for place in sorted(set(self._others).union(*places))])

    def _filter(self, items: Sequence[_Item]) -> Sequence[_Item]:
        return [each for each in items if id(each) not in self._left_out] if self._left_out else items


def literal_beginning(pattern: str | None) -> Beginning:
    """Return how everything begins that a pattern covers; None covers anything."""
    known = _matched_prefix(_LITERAL, pattern or "")
    return Beginning(known, is_whole=known == pattern)


def _matched_prefix(pattern: re.Pattern[str], text: str) -> str:
    """Return the beginning of a text that a pattern matches."""
    found = pattern.match(text)
    return found[0] if found else ""
