"""Find the texts that may be equal to another one by how they begin."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from tfcheck.symbolic.value import Text, Unknown, Value, pieces, spelled_out

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


class Beginnings(Generic[_Item]):
    """Items with a text each, so that a text is compared only with those that it may be equal to."""

    def __init__(self, rows: Iterable[tuple[_Item, Value]], begins: Callable[[Value], Beginning] = beginning) -> None:
        """Build from the items with their texts; `begins` returns what of a text is compared."""
        self._rows = list(rows)
        self._begins = begins
        self._positions: dict[Beginning, list[int]] = {}
        for position, (_, value) in enumerate(self._rows):
            self._positions.setdefault(begins(value), []).append(position)

    def like(self, *texts: Value) -> list[tuple[_Item, Value]]:
        """Return the rows whose beginning does not rule out that they are equal to one of the texts, in order."""
        fitting = (each for text in texts for each in self._fitting(self._begins(text)))
        found = {position for each in fitting for position in self._positions.get(each, ())}
        return [self._rows[position] for position in sorted(found)]

    def _fitting(self, text: Beginning) -> list[Beginning]:
        found = [Beginning(text.known[:length]) for length in self._open_lengths if length <= len(text.known)]
        return [*found, text] if text.is_whole else [*found, *self._longer(text.known)]

    def _longer(self, known: str) -> list[Beginning]:
        at = bisect_left(self._in_order, known, key=lambda each: each.known)
        longer: list[Beginning] = []
        while at < len(self._in_order) and self._in_order[at].known.startswith(known):
            longer.append(self._in_order[at])
            at += 1
        return longer

    @cached_property
    def _in_order(self) -> list[Beginning]:
        return sorted(self._positions, key=lambda each: each.known)

    @cached_property
    def _open_lengths(self) -> frozenset[int]:
        return frozenset(len(each.known) for each in self._positions if not each.is_whole)
