"""Decide whether two simple languages have no text in common.

Used by `tfcheck.symbolic.match`; knows nothing of patterns and unknown values. If the answer is "disjoint", it is
certain; otherwise nothing is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from enum import Enum
from typing import TypeAlias

import msgspec

from tfcheck.symbolic.value import Hole


class StepKind(Enum):
    """The kind of a step."""

    ONE = "one character"
    MAYBE = "one character or none"
    MANY = "any number of characters"
    BEGIN = "the beginning of a stretch"
    END = "the end of a stretch"


#: A class of characters: the listed ones, or with the mark (`negated`) all others.
Class: TypeAlias = tuple[frozenset[str], bool]

ANY_CHARACTER: Class = (frozenset(), True)


class LanguageStep(msgspec.Struct, frozen=True):
    """One step of a language: a character of a class, or a mark around text of a family."""

    kind: StepKind
    characters: Class = ANY_CHARACTER
    family: str = ""
    key: Hashable = None


def exact(char: str | None) -> LanguageStep:
    """Return the step for one character; None is any character."""
    return LanguageStep(StepKind.ONE) if char is None else LanguageStep(StepKind.ONE, (frozenset(char), False))


def expand_hole(hole: Hole, *, family: str = "", key: Hashable = None) -> Iterator[LanguageStep]:
    """Yield the steps for all possible texts of a hole.

    A stretch of a `family` is marked: two of one family with different keys never are the same text, and none is empty.
    """
    if family:
        yield LanguageStep(StepKind.BEGIN, family=family, key=key)
    for char in hole.starts:
        yield exact(char)
    characters = (frozenset(hole.chars), hole.negated)
    shortest = max(hole.shortest, len(hole.starts), 1 if family else 0)
    least = shortest - len(hole.starts)
    for _ in range(min(least, _LONGEST)):
        yield LanguageStep(StepKind.ONE, characters)
    if hole.longest is None or hole.longest - shortest > _LONGEST or least > _LONGEST:
        yield LanguageStep(StepKind.MANY, characters)
    else:
        for _ in range(hole.longest - shortest):
            yield LanguageStep(StepKind.MAYBE, characters)
    if family:
        yield LanguageStep(StepKind.END, family=family, key=key)


_LONGEST = 64
_MOST_STATES = 200_000
_MOST_TIED_STATES = 50_000


def disjoint(left: Sequence[LanguageStep], right: Sequence[LanguageStep]) -> bool:
    """Whether definitely no text belongs to both; false if that would take too long."""
    if (len(left) + 1) * (len(right) + 1) > _MOST_STATES:
        return False
    if _families(left) & _families(right):
        return _disjoint_with_families(left, right)
    return _Machine(left).refuses(right)


def _families(row: Sequence[LanguageStep]) -> set[str]:
    return {each.family for each in row if each.kind is StepKind.BEGIN}


def _is_mark(element: LanguageStep) -> bool:
    return element.kind is StepKind.BEGIN or element.kind is StepKind.END


def _meet(one: Class, other: Class) -> bool:
    """Whether two classes share a character."""
    (ours, without_ours), (theirs, without_theirs) = one, other
    if without_ours:
        return without_theirs or not theirs <= ours
    return not ours <= theirs if without_theirs else not ours.isdisjoint(theirs)


# Without families: the reachable places in one sequence, as bits of a number, while the other is read


class _Machine:
    """A sequence of steps; bit i of a state means that i steps may have been passed."""

    def __init__(self, row: Sequence[LanguageStep]) -> None:
        self.length = len(row)
        self.many = self.skippable = 0
        self.classes: dict[Class, int] = {}
        for i, each in enumerate(row):
            if each.kind is not StepKind.ONE:
                self.skippable |= 1 << i
            if each.kind is StepKind.MANY:
                self.many |= 1 << i
            if not _is_mark(each):
                self.classes[each.characters] = self.classes.get(each.characters, 0) | 1 << i
        self.meeting: dict[Class, int] = {}
        self.wide = {each: places for each, places in self.classes.items() if each[1] or len(each[0]) > 1}

    def refuses(self, other: Sequence[LanguageStep]) -> bool:
        """Whether no text of `other` matches the sequence."""
        state = self.skip_optional(1)
        for element in other:
            if _is_mark(element):
                continue
            after = self.read(state, element.characters)
            if element.kind is StepKind.MAYBE:
                after |= state
            elif element.kind is StepKind.MANY:
                after = self.read_all(state, after, element.characters)
            if not after:
                return True
            state = after
        return not state >> self.length & 1

    def read_all(self, state: int, after: int, characters: Class) -> int:
        while after | state != state:
            state |= after
            after = self.read(state, characters)
        return state

    def read(self, state: int, characters: Class) -> int:
        """Read one character of a class."""
        able = state & self.matching_places(characters)
        return self.skip_optional((able & ~self.many) << 1 | able & self.many)

    def skip_optional(self, state: int) -> int:
        """Skip optional steps."""
        passed = state | (state & self.skippable) << 1
        while passed != state:
            state = passed
            passed = state | (state & self.skippable) << 1
        return state

    def matching_places(self, characters: Class) -> int:
        places = self.meeting.get(characters)
        if places is None:
            places = self.classes.get(characters, 0)
            single = not characters[1] and len(characters[0]) == 1
            for each, at in (self.wide if single else self.classes).items():
                if _meet(each, characters):
                    places |= at
            self.meeting[characters] = places
        return places


# With families: pairs of places, and the relation of the stretches around them

#: The state of a pair of marked stretches. A pair that is equal from start to end would be the same.
_NONE = 0
_LEFT_BEGUN = 1  # the left one has begun, nothing was read since
_RIGHT_BEGUN = 2
_TIED = 3  # both began together and neither has ended
_LEFT_ENDED = 4  # tied, the left one has ended, nothing was read since
_RIGHT_ENDED = 5
_LEFT, _RIGHT = (_LEFT_BEGUN, _LEFT_ENDED), (_RIGHT_BEGUN, _RIGHT_ENDED)

_State: TypeAlias = tuple[int, int, int]


def _disjoint_with_families(left: Sequence[LanguageStep], right: Sequence[LanguageStep]) -> bool:
    begin: _State = (0, 0, _NONE)
    seen = {begin}
    todo = [begin]
    while todo:
        state = todo.pop()
        if state[0] == len(left) and state[1] == len(right):
            return False
        for after in _next_states(left, right, *state):
            if after not in seen:
                if len(seen) > _MOST_TIED_STATES:
                    return False
                seen.add(after)
                todo.append(after)
    return True


def _next_states(
    left: Sequence[LanguageStep], right: Sequence[LanguageStep], i: int, j: int, tie: int
) -> Iterator[_State]:
    ours = left[i] if i < len(left) else None
    theirs = right[j] if j < len(right) else None
    if ours is not None and ours.kind is not StepKind.ONE:
        after = _tie_after(ours, right, j, tie, _LEFT, _RIGHT)
        yield from () if after is None else ((i + 1, j, after),)
    if theirs is not None and theirs.kind is not StepKind.ONE:
        after = _tie_after(theirs, left, i, tie, _RIGHT, _LEFT)
        yield from () if after is None else ((i, j + 1, after),)
    if ours is None or theirs is None or _is_mark(ours) or _is_mark(theirs):
        return
    if _meet(ours.characters, theirs.characters):
        read = tie if tie == _TIED else _NONE
        yield i + (ours.kind is not StepKind.MANY), j + (theirs.kind is not StepKind.MANY), read


def _tie_after(
    step: LanguageStep, others: Sequence[LanguageStep], at: int, tie: int, own: tuple[int, int], other: tuple[int, int]
) -> int | None:
    """Return the state after one side skips an optional step or a mark, or None; `at` is the place of the other side.

    `own` and `other` are the states where the stretch of a side has begun, and where it has ended.
    """
    if step.kind is StepKind.BEGIN:
        last = next((each for each in reversed(others[:at]) if each.kind is StepKind.BEGIN), None)
        differs = last is not None and step.family == last.family and step.key != last.key
        return _TIED if tie == other[0] and differs else own[0]
    if step.kind is not StepKind.END:
        return tie
    if tie == other[1]:
        return None
    return own[1] if tie == _TIED else _NONE if tie == own[0] else tie
