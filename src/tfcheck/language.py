"""Have two sets of texts, each written as a row of character classes, any text in common?

The floor under `tfcheck.match`: plain languages, without a notion of patterns or of unknown values. Answers err to one
side only: what is called disjoint is so.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tfcheck.value import Hole

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence


class Kind(Enum):
    """What an element stands for."""

    ONE = "one character"
    MAYBE = "one character or none"
    MANY = "any number of characters"
    BEGIN = "the beginning of a stretch"
    END = "the end of a stretch"


class Element(msgspec.Struct, frozen=True):
    """One step: a class of characters (`chars`, or with `negated` all others), or a mark around a stretch."""

    kind: Kind
    chars: frozenset[str] = frozenset()
    negated: bool = True
    family: str = ""
    key: Hashable = None


def exact(char: str | None) -> Element:
    """Give the element for one character; None is any character."""
    return Element(Kind.ONE) if char is None else Element(Kind.ONE, frozenset(char), negated=False)


def repeated(hole: Hole, *, family: str = "", key: Hashable = None) -> Iterator[Element]:
    """Spell out all texts that a hole may turn out to be.

    A stretch of a `family` is marked: two of one family with different keys never are the same text, and none is empty.
    """
    if family:
        yield Element(Kind.BEGIN, family=family, key=key)
    for char in hole.starts:
        yield exact(char)
    chars = frozenset(hole.chars)
    shortest = max(hole.shortest, len(hole.starts), 1 if family else 0)
    least = shortest - len(hole.starts)
    for _ in range(min(least, _LONGEST)):
        yield Element(Kind.ONE, chars, hole.negated)
    if hole.longest is None or hole.longest - shortest > _LONGEST or least > _LONGEST:
        yield Element(Kind.MANY, chars, hole.negated)
    else:
        for _ in range(hole.longest - shortest):
            yield Element(Kind.MAYBE, chars, hole.negated)
    if family:
        yield Element(Kind.END, family=family, key=key)


_LONGEST = 64
_MOST_STATES = 200_000


class _Tie(Enum):
    """Where a pair of marked stretches stands. What is equal from the first to the last character would be the same."""

    NONE = 0
    LEFT_BEGUN = 1  # the left one has begun, nothing was read since
    RIGHT_BEGUN = 2
    TIED = 3  # both began together and neither has ended
    LEFT_ENDED = 4  # tied, the left one has ended, nothing was read since
    RIGHT_ENDED = 5


_State: TypeAlias = tuple[int, int, _Tie]


def disjoint(left: Sequence[Element], right: Sequence[Element]) -> bool:
    """Tell whether surely no text belongs to both; false also where finding out would take too long."""
    if (len(left) + 1) * (len(right) + 1) > _MOST_STATES:
        return False
    begin: _State = (0, 0, _Tie.NONE)
    seen = {begin}
    todo = [begin]
    while todo:
        state = todo.pop()
        if state[0] == len(left) and state[1] == len(right):
            return False
        for after in _moves(left, right, *state):
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return True


def _moves(left: Sequence[Element], right: Sequence[Element], i: int, j: int, tie: _Tie) -> Iterator[_State]:
    ours = left[i] if i < len(left) else None
    theirs = right[j] if j < len(right) else None
    if ours is not None and ours.kind is not Kind.ONE:
        yield from _skip_left(ours, right, i, j, tie)
    if theirs is not None and theirs.kind is not Kind.ONE:
        yield from _skip_right(theirs, left, i, j, tie)
    if ours is not None and theirs is not None and _meet(ours, theirs):
        read = tie if tie is _Tie.TIED else _Tie.NONE
        yield i + (ours.kind is not Kind.MANY), j + (theirs.kind is not Kind.MANY), read


def _skip_left(ours: Element, right: Sequence[Element], i: int, j: int, tie: _Tie) -> Iterator[_State]:
    if ours.kind is Kind.BEGIN:
        together = tie is _Tie.RIGHT_BEGUN and _apart(ours, _mark_before(right, j))
        yield i + 1, j, _Tie.TIED if together else _Tie.LEFT_BEGUN
    elif ours.kind is Kind.END:
        if tie is not _Tie.RIGHT_ENDED:
            yield i + 1, j, _after_end(tie, ended=_Tie.LEFT_ENDED, begun=_Tie.LEFT_BEGUN)
    else:
        yield i + 1, j, tie


def _skip_right(theirs: Element, left: Sequence[Element], i: int, j: int, tie: _Tie) -> Iterator[_State]:
    if theirs.kind is Kind.BEGIN:
        together = tie is _Tie.LEFT_BEGUN and _apart(theirs, _mark_before(left, i))
        yield i, j + 1, _Tie.TIED if together else _Tie.RIGHT_BEGUN
    elif theirs.kind is Kind.END:
        if tie is not _Tie.LEFT_ENDED:
            yield i, j + 1, _after_end(tie, ended=_Tie.RIGHT_ENDED, begun=_Tie.RIGHT_BEGUN)
    else:
        yield i, j + 1, tie


def _after_end(tie: _Tie, *, ended: _Tie, begun: _Tie) -> _Tie:
    if tie is _Tie.TIED:
        return ended
    return _Tie.NONE if tie is begun else tie


def _mark_before(row: Sequence[Element], position: int) -> Element | None:
    return next((each for each in reversed(row[:position]) if each.kind is Kind.BEGIN), None)


def _apart(one: Element, other: Element | None) -> bool:
    return other is not None and one.family == other.family and one.key != other.key


def _meet(one: Element, other: Element) -> bool:
    """Tell whether two classes share a character; marks have none."""
    if one.kind in (Kind.BEGIN, Kind.END) or other.kind in (Kind.BEGIN, Kind.END):
        return False
    if one.negated:
        return other.negated or not other.chars <= one.chars
    return not one.chars <= other.chars if other.negated else not one.chars.isdisjoint(other.chars)
