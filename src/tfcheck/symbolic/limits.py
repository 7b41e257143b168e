"""Limit the cost of one run for any input, and measure values for that.

Anybody may have written the sources and the plan: a few lines may double a list sixty times, or compare everything with
everything. Work is charged to the allowance of the run, in steps: the characters, tokens and blocks of the sources;
what is evaluated, and everything that it builds, before it is built; what is compared and decided. When the allowance
is used up, answers are unknown. Steps are counted instead of seconds, so that an answer never depends on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import msgspec

from tfcheck.symbolic.value import JsonText, Set, Text, Value, parts_of

#: Steps of about a microsecond for one run. Reading and walking 6 MB of public configurations takes a
#: million.
STEPS = 2_000_000
#: A run may take so many more steps for every byte of small plans, which 2,000 services with blocks of their own in the
#: sources need. No more for a larger plan, since most of it is about other things, until it is very large.
_OF_A_BYTE, _SMALL, _LARGE = 4, 5_000_000, 20_000_000
#: The maximum number of decoded values and objects for each file: they take 60 to 100 bytes of memory each. Beyond
#: the size of a compressed plan, one more for every so many bytes.
_VALUES, _MOST_COMPRESSED, _BYTES_OF_A_VALUE = 3_000_000, 96 * 2**20, 8
#: The maximum number of pairs that one comparison of unordered elements tries, and the steps for a pair.
_MOST_ELEMENT_PAIRS, _ELEMENT_PAIR = 50_000, 7
#: The answer if there are no steps left, and what the run reports about it once.
REASON = "limit: too much to work out in one run"
NOTE = f"{REASON}: what was left is unknown"


class Allowance:
    """Counts down the remaining steps of one run."""

    def __init__(self, steps: int | None = None) -> None:
        """Begin with all steps of a run, or with this many."""
        self.steps = STEPS if steps is None else steps
        self.exceeded = False
        self._size = 0

    def take(self, steps: int) -> bool:
        """Count down a number of steps, and return whether there were enough; if not, nothing remains."""
        if not self.exceeded:
            self.steps -= steps
            self.exceeded = self.steps < 0
        return not self.exceeded

    def extend(self, size: int) -> None:
        """Add the steps for a plan of this many bytes, which several plans share like one of their size."""
        self.steps -= _more_steps(self._size)
        self._size += size
        self.steps += _more_steps(self._size)


def _more_steps(size: int) -> int:
    return _OF_A_BYTE * min(size, _SMALL) + max(size - _LARGE, 0)


class _ValueBudget:
    """Counts down the values that may still be decoded."""

    def __init__(self, size: int) -> None:
        self.left = _values(size)


# NOTE: a context variable, like `decimal`'s: code that compares two texts does not know its run.
_RUN: ContextVar[Allowance | None] = ContextVar("_RUN", default=None)
_DECODED: ContextVar[_ValueBudget | None] = ContextVar("_DECODED", default=None)


@contextmanager
def sublimit(allowance: Allowance) -> Iterator[Allowance]:
    """Limit the context to a part of what remains of an allowance."""
    token = _RUN.set(allowance)
    try:
        yield allowance
    finally:
        _RUN.reset(token)


@contextmanager
def limit_steps(size: int = 0) -> Iterator[Allowance]:
    """Limit the steps inside the context; `size` is the plan's in bytes. A nested context shares the limit."""
    around = _RUN.get()
    allowance = Allowance() if around is None else around
    allowance.extend(size)
    token = _DECODED.set(_ValueBudget(size) if around is None else _DECODED.get())
    try:
        with sublimit(allowance):
            yield allowance
    finally:
        _DECODED.reset(token)


def take(steps: int) -> bool:
    """Count down the steps of the run, and return whether there were enough: always, outside `limit_steps`."""
    allowance = _RUN.get()
    return allowance is None or allowance.take(steps)


def take_pairs(count: int) -> bool:
    """Count down the steps for so many pairs of elements that are compared, and return whether that is possible."""
    return count <= _MOST_ELEMENT_PAIRS and take(_ELEMENT_PAIR * count)


def take_values(count: int) -> bool:
    """Count decoded values, and return whether there were enough: always, outside `limit_steps`."""
    values = _DECODED.get()
    if values is not None:
        values.left -= count
    return values is None or values.left >= 0


def allow_values(size: int) -> None:
    """Allow as many more decoded values as a file of this size has."""
    values = _DECODED.get()
    if values is not None:
        values.left += _values(size)


def _values(size: int) -> int:
    return _VALUES + max(size - _MOST_COMPRESSED, 0) // _BYTES_OF_A_VALUE


def steps_left() -> int:
    """Return the remaining steps of the run."""
    allowance = _RUN.get()
    return STEPS if allowance is None else max(allowance.steps, 0)


def is_exceeded() -> bool:
    """Whether the run has exceeded its allowance."""
    allowance = _RUN.get()
    return allowance is not None and allowance.exceeded


#: The maximum number of compared pairs of characters of a pattern and a text: those of two texts of 3,000
#: characters, more than any ARN has.
_MOST_PAIRS = 10_000_000


def affordable(pattern: int, text: int) -> bool:
    """Whether a pattern and a text of these lengths may be compared; takes the steps for it."""
    return pattern * text <= _MOST_PAIRS and take(pattern * text // 1000)


#: Leaves of one value, counted as often as they occur, and visited parts.
LEAVES = 100_000
#: The number of characters of a string that count as one leaf.
_CHARACTERS = 100
_NESTED = (list, dict, Set, JsonText, Text)


class Size(msgspec.Struct, frozen=True):
    """The number of leaves of a value, up to a limit, of visited parts, and of nesting levels."""

    leaves: int
    visited: int
    levels: int


def size(value: Value) -> Size:
    """Return the size of a value, counted from the innermost part on."""
    if not isinstance(value, _NESTED):
        return Size(_count_leaves(value, {}), 1, 0)
    leaves: dict[int, int] = {}
    levels: dict[int, int] = {}
    todo = [value]
    visited = 0
    while todo and visited <= LEAVES:
        part = todo[-1]
        parts = parts_of(part)
        inner = [each for each in parts if isinstance(each, _NESTED) and id(each) not in leaves]
        visited += len(parts)
        if inner and id(part) not in leaves:
            todo.extend(inner)
            leaves[id(part)] = 0  # its parts come first; nothing contains itself
            continue
        todo.pop()
        leaves[id(part)] = 1 + sum(_count_leaves(each, leaves) for each in parts)
        levels[id(part)] = 1 + max((levels.get(id(each), 0) for each in parts), default=0)
        if leaves[id(part)] > LEAVES:
            return Size(leaves[id(part)], visited, levels[id(part)])
    return Size(leaves.get(id(value), 0) if not todo else visited, visited, levels.get(id(value), 0))


def _count_leaves(part: Value, known: dict[int, int]) -> int:
    return 1 + len(part) // _CHARACTERS if isinstance(part, str) else known.get(id(part), 1)


# Depth: the recursion limit of a JSON decoder differs between versions of Python; this one does not.


#: The nesting limit of lists and objects: no provider's schema and no policy comes close.
DEEPEST = 100


def is_deep(value: Any) -> bool:
    """Whether lists and objects are nested more deeply than allowed."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            each
            for node in level
            if isinstance(node, (dict, list))
            for each in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def may_be_deep(text: str | bytes) -> bool:
    """Whether the JSON text may be deeply nested; most have too few brackets for that."""
    if isinstance(text, str):
        return text.count("{") + text.count("[") > DEEPEST
    return text.count(b"{") + text.count(b"[") > DEEPEST
