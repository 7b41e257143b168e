"""How much a test tries: little in every run, all of it with `make laws`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import settings

#: What a law tries that says nothing else, by default and at most.
DEFAULT, MOST = 50, 5_000
_Each = TypeVar("_Each")


def tries(number: int, **more: Any) -> settings:
    """Return the settings of a law that tries `number` examples by default, and as many times more as others do."""
    return settings(max_examples=min(number * _times(), max(MOST, number)), **more)


def some(several: Sequence[_Each], place: int, number: int = 1) -> Sequence[_Each]:
    """Return what a test of one case tries of what all cases are tried with: `number` by default, by turns.

    `place` is that of the case among the others, so that each of `several` is tried with a part of the cases.
    """
    turn = place % max(len(several), 1)
    return several if _times() > 1 else [*several, *several][turn : turn + min(number, len(several))]


def part(several: Sequence[_Each], number: int, first: int = 0) -> Sequence[_Each]:
    """Return every `number`th of several cases by default, from the `first` on, and all of them with `make laws`."""
    return several if _times() > 1 else several[first::number]


def _times() -> int:
    return max(settings().max_examples // DEFAULT, 1)
