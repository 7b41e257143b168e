"""Find the texts that may be equal to another one: the same ones by look-up, others by how they begin."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import cycle
from typing import Generic, TypeVar

import msgspec

from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Text, Truth, Unknown, Value, identity, pieces, spelled_out

_Item = TypeVar("_Item")


class Beginning(msgspec.Struct, frozen=True):
    """The known beginning of a text, or all of it."""

    known: str = ""
    is_whole: bool = False

    @property
    def is_arn(self) -> bool:
        """Whether the text definitely begins like an ARN."""
        return self.known.startswith("arn:")

    @property
    def may_be_arn(self) -> bool:
        """Whether the text may turn out to begin like an ARN."""
        return self.is_arn or (not self.is_whole and "arn:".startswith(self.known))


def beginning(value: Value) -> Beginning:
    """Return how a text begins, as far as that is known."""
    if isinstance(value, str):
        return Beginning(value, is_whole=True)
    first = pieces(spelled_out(value))[:1] if isinstance(value, (Text, Unknown)) else ()
    return Beginning(first[0]) if first and isinstance(first[0], str) else Beginning()


def form_of(value: Value) -> Hashable:
    """Return what decides whether a text may be a known one: its pieces, without the owners of the unknown ones.

    None for a value that is not a text.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, (Text, Unknown)):
        return None
    return tuple(
        (each.hole, each.family, each.fresh, each.symbol is None) if isinstance(each, Unknown) else each
        for each in pieces(spelled_out(value))
    )


def _ending(value: Value) -> Beginning:
    """Return how a text ends, from its last character on."""
    if isinstance(value, str):
        return Beginning(value[::-1], is_whole=True)
    last = pieces(spelled_out(value))[-1:] if isinstance(value, (Text, Unknown)) else ()
    return Beginning(last[0][::-1]) if last and isinstance(last[0], str) else Beginning()


class _PlacesByBeginning:
    """The places of texts by how each of them begins, and by its form."""

    def __init__(self) -> None:
        self._places: dict[Beginning, dict[Hashable, list[int]]] = {}

    def add(self, known: Beginning, form: Hashable, place: int) -> None:
        self._places.setdefault(known, {}).setdefault(form, []).append(place)

    def fitting(self, text: Beginning) -> Iterator[tuple[Hashable, list[int]]]:
        """Yield the forms, with their places, whose beginning does not rule out that they are a text."""
        for length in self._open_lengths:
            if length <= len(text.known) and (length < len(text.known) or text.is_whole):
                yield from self._places.get(Beginning(text.known[:length]), {}).items()
        if text.is_whole:
            yield from self._places.get(text, {}).items()
            return
        at = bisect_left(self._in_order, text.known, key=lambda each: each.known)
        while at < len(self._in_order) and self._in_order[at].known.startswith(text.known):
            yield from self._places[self._in_order[at]].items()
            at += 1

    @cached_property
    def _in_order(self) -> list[Beginning]:
        return sorted(self._places, key=lambda each: each.known)

    @cached_property
    def _open_lengths(self) -> frozenset[int]:
        return frozenset(len(each.known) for each in self._places if not each.is_whole)


class Matches(msgspec.Struct, Generic[_Item], frozen=True, eq=False):
    """Items whose texts are, or may be, equal to a text, all with the same answer.

    INVARIANT: an index answers equal questions with the same object, so that what is worked out from its rows can be
    kept by the object itself.
    """

    places: Sequence[int]
    rows: Sequence[tuple[_Item, Value]]
    truth: Truth


class Beginnings(Generic[_Item]):
    """Items with a text each, so that a text is compared only with those that it may be equal to."""

    def __init__(
        self,
        rows: Iterable[tuple[_Item, Value]],
        begins: Callable[[Value], Beginning] = beginning,
        same: Callable[[Value, Value], Truth] = equal,
        form: Callable[[Value], Hashable] = form_of,
    ) -> None:
        """Build from the items with their texts.

        `begins` returns what of a text is compared, and `same` compares a text of the index with another one: those
        with the same `form` give the same answer for a known text, and one without a form is compared alone.
        """
        self.rows = list(rows)
        self._same = same
        self._matches: dict[tuple[int, int, Truth], Matches[_Item]] = {}
        self._sides = ((begins, _PlacesByBeginning()), (_ending, _PlacesByBeginning()))
        for place, (_, value) in enumerate(self.rows):
            its_form = form(value)
            for known_of, places in self._sides:
                places.add(known_of(value), its_form, place)

    def possible(self, text: Value) -> dict[int, Truth]:
        """Return the places of the rows that may be equal to a text, in order, and whether they definitely are."""
        found = {place: each.truth for each in self.matches(text) for place in each.places}
        return dict(sorted(found.items()))

    def matches(self, text: Value) -> tuple[Matches[_Item], ...]:
        """Return the rows that may be equal to a text, in groups of one answer and form, ordered by their first row."""
        found: list[Matches[_Item]] = []
        for form, places in self._fewest(text) if self.rows else ():
            is_shared = isinstance(form, str) or (isinstance(text, str) and form is not None)
            for alike in (places,) if is_shared else ([each] for each in places):
                truth = self._same(self.rows[alike[0]][1], text)
                if truth is not Truth.FALSE:
                    found.append(self._matches_at(alike, truth))
        return tuple(sorted(found, key=lambda each: each.places[0]) if len(found) > 1 else found)

    def _matches_at(self, places: Sequence[int], truth: Truth) -> Matches[_Item]:
        # NOTE: the places are those of one form, or one of them.
        key = places[0], len(places), truth
        if key not in self._matches:
            self._matches[key] = Matches(places, [self.rows[place] for place in places], truth)
        return self._matches[key]

    def _fewest(self, text: Value) -> list[tuple[Hashable, list[int]]]:
        """Return what fits by its beginning or by its ending, whichever leaves less to compare."""
        sides = [(known_of(text), places) for known_of, places in self._sides]
        sides.sort(key=lambda side: len(side[0].known), reverse=True)
        fitting = [(places.fitting(known), list[tuple[Hashable, list[int]]]()) for known, places in sides]
        # NOTE: in turns, since one of them may have all rows for every text.
        for left, found in cycle(fitting):
            if (each := next(left, None)) is None:
                return found
            found.append(each)
        raise AssertionError("a cycle does not end")


class Members:
    """Values that are compared with many others: what is the same text is looked up instead of compared with each."""

    def __init__(self, values: Iterable[Value]) -> None:
        """Build from the values."""
        self._values = list(values)
        self._texts = {identity(each) for each in self._values} - {None}
        self._others = [each for each in self._values if not isinstance(each, str)]

    def include(self, value: Value) -> Truth:
        """Whether one of them is equal to a value."""
        if identity(value) in self._texts:
            return Truth.TRUE
        # NOTE: two known strings that differ are never equal.
        among = self._others if isinstance(value, str) else self._values
        return Truth.some(equal(value, each) for each in among)


def distinct(values: Iterable[Value]) -> Iterator[Value]:
    """Yield the values, except those that definitely equal an earlier one."""
    texts: dict[str, None] = {}
    others: list[Value] = []
    for each in values:
        # NOTE: there may be thousands of plain texts, which need not be compared with each other.
        known = others if isinstance(each, str) else [*texts, *others]
        if (isinstance(each, str) and each in texts) or any(equal(each, one) is Truth.TRUE for one in known):
            continue
        yield each
        if isinstance(each, str):
            texts[each] = None
        else:
            others.append(each)
