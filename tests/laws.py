"""How much a test tries: little in every run, all of it with `make laws`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import settings

#: What a law tries by default that says nothing else, what any tries at most, and how many times more with `make laws`.
DEFAULT, MOST, _TIMES = 15, 5_000, 20
_Each = TypeVar("_Each")


def tries(number: int, **more: Any) -> settings:
    """Return the settings of a law that tries a third of `number` examples by default, and 20 times as many in full."""
    most = min(number * _TIMES, max(MOST, number)) if _in_full() else max(number // 3, min(number, 6))
    return settings(max_examples=most, **more)


def some(several: Sequence[_Each], place: int, number: int = 1) -> Sequence[_Each]:
    """Return what a test of one case tries of what all cases are tried with: `number` by default, by turns.

    `place` is that of the case among the others, so that each of `several` is tried with a part of the cases.
    """
    turn = place % max(len(several), 1)
    return several if _in_full() else [*several, *several][turn : turn + min(number, len(several))]


def part(several: Sequence[_Each], number: int, first: int = 0) -> Sequence[_Each]:
    """Return every `number`th of several cases by default, from the `first` on, and all of them with `make laws`."""
    return several if _in_full() else several[first::number]


def _in_full() -> bool:
    return settings().max_examples > DEFAULT
