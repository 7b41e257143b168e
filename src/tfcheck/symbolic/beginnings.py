"""Find the texts that may be equal to another one by how they begin."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property

import msgspec

from tfcheck.symbolic.value import Text, Unknown, Value, pieces, spelled_out


class Beginning(msgspec.Struct, frozen=True):
    """The known beginning of a text, or all of it."""

    known: str = ""
    is_whole: bool = False


def beginning(value: Value) -> Beginning:
    """Return how a text begins, as far as that is known."""
    if isinstance(value, str):
        return Beginning(value, is_whole=True)
    first = pieces(spelled_out(value))[:1] if isinstance(value, (Text, Unknown)) else ()
    return Beginning(first[0]) if first and isinstance(first[0], str) else Beginning()


class Beginnings:
    """Positions of texts by their beginnings, so that a text is compared only with those that it may be equal to."""

    def __init__(self, texts: Iterable[tuple[int, Beginning]]) -> None:
        """Build from pairs of a position and the beginning of the text there."""
        self._positions: dict[Beginning, list[int]] = {}
        for position, each in texts:
            self._positions.setdefault(each, []).append(position)

    def like(self, text: Beginning) -> list[int]:
        """Return the positions of the texts whose beginning does not rule out that they are equal, in order."""
        found = [Beginning(text.known[:length]) for length in self._open_lengths if length <= len(text.known)]
        found += [text] if text.is_whole else self._longer(text.known)
        return sorted({position for each in found for position in self._positions.get(each, ())})

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
