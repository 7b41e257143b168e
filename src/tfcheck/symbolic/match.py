"""Match patterns and compare values that are partly known only after apply.

Wildcards follow https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html: `*` is any
run of characters, `?` is exactly one; there are no others and no escapes. TRUE holds for every way the unknown parts
can turn out, FALSE for none; everything else is UNKNOWN.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from enum import Enum
from math import inf
from typing import TypeAlias

import msgspec

from tfcheck.symbolic import wildcards
from tfcheck.symbolic.disjoint import LanguageStep, disjoint, exact, expand_hole
from tfcheck.symbolic.limits import affordable, is_deep, take
from tfcheck.symbolic.texts import equal_known
from tfcheck.symbolic.value import ANYTHING, Hole, JsonText, Set, Text, TextLike, Truth, Unknown, Value, items, pieces


class Verbatim(msgspec.Struct, frozen=True):
    """A literal part of a pattern, including `*` and `?`."""

    value: TextLike


#: The arguments of `glob`: a string with wildcards `*` and `?`, or a sequence of such strings and verbatim parts.
Pattern: TypeAlias = TextLike | tuple[TextLike | Verbatim, ...]


def glob(pattern: Pattern, subject: TextLike) -> Truth:
    """Match IAM wildcards; both sides may have unknown parts.

    An unknown part of the pattern may itself turn out to hold wildcards, unless its hole excludes them.
    """
    if isinstance(pattern, str) and isinstance(subject, str):
        if not wildcards.affordable(pattern, subject):
            return Truth.UNKNOWN
        return Truth.of(wildcards.glob_known(pattern, subject))
    return _compare(pattern, subject)


def equal(a: Value, b: Value) -> Truth:
    """Compare two values deeply. A number never equals a string; a list that is a set is compared as one."""
    if isinstance(a, str) and isinstance(b, str):
        return Truth.of(a == b)
    if isinstance(a, (Unknown, Text, JsonText)) or isinstance(b, (Unknown, Text, JsonText)):
        return _equal_open(a, b)
    if isinstance(a, Set) or isinstance(b, Set):
        left, right = (each.items if isinstance(each, Set) else each for each in (a, b))
        if not isinstance(left, (tuple, list)) or not isinstance(right, (tuple, list)):
            return Truth.FALSE
        return _within(left, right) & _within(right, left)
    if isinstance(a, list) and isinstance(b, list):
        return Truth.every(equal(x, y) for x, y in zip(a, b, strict=True)) if len(a) == len(b) else Truth.FALSE
    if isinstance(a, dict) and isinstance(b, dict):
        return Truth.every(equal(a[key], b[key]) for key in a) if a.keys() == b.keys() else Truth.FALSE
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return Truth.of(a is b)
    if isinstance(a, (str, list, dict)) or isinstance(b, (str, list, dict)):
        return Truth.FALSE
    return Truth.of(a == b or _fraction(a) == _fraction(b))


def contains(listed: Value, wanted: Value) -> Truth:
    """Whether a list contains a value."""
    elements = items(listed)
    return Truth.UNKNOWN if isinstance(elements, Unknown) else Truth.some(equal(wanted, each) for each in elements)


def spelling(value: str | Unknown | Text) -> Hashable:
    """Return a key that is equal for two values exactly if `equal` is TRUE; None if it never is.

    Takes what is spelled out: what has a shape may be equal by its symbol or by its shape.
    """
    row = [atom.key if isinstance(atom, _UnknownStretch) else atom for atom in _subject_atoms(value, spell=True)]
    return None if None in row else tuple(row)


# Equality


def _equal_open(a: Value, b: Value) -> Truth:
    if isinstance(a, JsonText) and isinstance(b, JsonText):
        return equal(a.value, b.value)
    if isinstance(a, str) and isinstance(b, JsonText):
        a, b = b, a
    if isinstance(a, JsonText) and isinstance(b, str):
        try:
            decoded: Value = msgspec.json.decode(str(b))
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return Truth.FALSE
        return Truth.UNKNOWN if is_deep(decoded) else equal(a.value, decoded)
    if isinstance(a, str):
        a, b = b, a
    # NOTE: a name is compared with many unknown ones, and the atoms below take ten times as long.
    if isinstance(b, str) and isinstance(a, (Unknown, Text)) and (known := equal_known(a, b)) is not None:
        return known
    if isinstance(a, TextLike) and isinstance(b, TextLike):
        return _compare((Verbatim(a),), b)
    strings = [each for each in (a, b) if isinstance(each, (Unknown, Text, JsonText))]
    is_text = any(not isinstance(each, Unknown) or each.shape is not None for each in strings)
    return Truth.FALSE if is_text else Truth.UNKNOWN


def _within(part: Sequence[Value], whole: Sequence[Value]) -> Truth:
    return Truth.every(Truth.some(equal(each, other) for other in whole) for each in part)


def _fraction(number: Value) -> object:
    # A float is the written decimal, not the nearest binary number.
    from fractions import Fraction

    try:
        return Fraction(repr(number)) if isinstance(number, float) else number
    except ValueError:
        return number


# Patterns and subjects as sequences of atoms


class _Wild(Enum):
    MANY = "*"
    ONE = "?"


class _UnknownStretch(msgspec.Struct, frozen=True):
    """An unknown stretch: equal keys are equal texts, a `wild` one may contain wildcards, a `fresh` one is new."""

    key: Hashable
    hole: Hole
    family: str
    wild: bool
    fresh: bool = False


_Atom: TypeAlias = str | _Wild | _UnknownStretch


#: Steps for comparing two texts, and the number of their characters and unknown parts per step.
_COMPARED, _ATOMS = 10, 4


def _compare(pattern: Pattern, subject: TextLike) -> Truth:
    if not take(0):
        return Truth.UNKNOWN
    patterns, subjects = list(_pattern_atoms(pattern, spell=True)), list(_subject_atoms(subject, spell=True))
    if not (affordable(len(patterns), len(subjects)) and take(_COMPARED + (len(patterns) + len(subjects)) // _ATOMS)):
        return Truth.UNKNOWN
    answer = _compare_atoms(patterns, subjects)
    if answer is not Truth.TRUE and _has_shape(pattern) and _has_shape(subject):
        # Two forms of one attribute may differ in what is known of it; they are still the same text.
        same = _always(list(_pattern_atoms(pattern, spell=False)), list(_subject_atoms(subject, spell=False)))
        return Truth.TRUE if same else answer
    return answer


def _compare_atoms(pattern: list[_Atom], subject: list[_Atom]) -> Truth:
    start = _common_run(pattern, subject)
    end = _common_run(pattern[start:][::-1], subject[start:][::-1]) if start >= 0 else -1
    if end < 0:
        return Truth.FALSE
    pattern, subject = pattern[start : len(pattern) - end], subject[start : len(subject) - end]
    if _always(pattern, subject):
        return Truth.TRUE
    known = not any(isinstance(atom, _UnknownStretch) for atom in (*pattern, *subject))
    if _is_anything(pattern, subject) or _is_anything(subject, pattern):
        return Truth.UNKNOWN
    if not take(0 if known else len(pattern) + len(subject)) or (known and len(subject) > _MOST_READS):
        return Truth.UNKNOWN  # it was not read completely
    if known or _is_new_to(pattern, subject) or _short_of_characters(pattern, subject):
        return Truth.FALSE
    return Truth.FALSE if disjoint(_elements(pattern), _elements(subject)) else Truth.UNKNOWN


def _pattern_atoms(pattern: Pattern, *, spell: bool) -> Iterator[_Atom]:
    for part in pattern if isinstance(pattern, tuple) else (pattern,):
        if isinstance(part, Verbatim):
            for atom in _subject_atoms(part.value, spell=spell):
                yield atom
            continue
        for atom in _subject_atoms(part, spell=spell):
            if atom == "*" or atom == "?":
                yield _Wild(atom)
            elif (
                isinstance(atom, _UnknownStretch)
                and not atom.family
                and (atom.hole.allows("*") or atom.hole.allows("?"))
            ):
                # NOTE: members of a family are ids that AWS assigns, without wildcards.
                yield _UnknownStretch(atom.key, atom.hole, atom.family, wild=True)
            else:
                yield atom


def _subject_atoms(subject: TextLike, *, spell: bool, inside: Hashable = None) -> Iterator[_Atom]:
    for place, piece in enumerate(pieces(subject)):
        if isinstance(piece, str):
            yield from piece
        elif isinstance(piece, JsonText):
            yield _UnknownStretch(piece, ANYTHING, "", wild=False)
        else:
            key: Hashable = piece.symbol if piece.symbol is not None or inside is None else (inside, place)
            if spell and piece.shape is not None:
                within = (key, piece.shape) if key is not None else None
                yield from _subject_atoms(piece.shape, spell=spell, inside=within)
            elif piece.hole.longest is not None and piece.hole.longest <= len(piece.hole.starts):
                yield from piece.hole.starts
            else:
                family = piece.family if piece.symbol is not None else ""
                yield _UnknownStretch(key, piece.hole, family, wild=False, fresh=piece.fresh)


def _has_shape(pattern: Pattern) -> bool:
    parts = pattern if isinstance(pattern, tuple) else (pattern,)
    values = [part.value if isinstance(part, Verbatim) else part for part in parts]
    return any(isinstance(piece, Unknown) and piece.shape is not None for value in values for piece in pieces(value))


def _common_run(pattern: Sequence[_Atom], subject: Sequence[_Atom]) -> int:
    """Return the number of equal atoms at the beginning; a negative number means that literals differ there."""
    count = 0
    for ours, theirs in zip(pattern, subject, strict=False):
        if isinstance(ours, str) and isinstance(theirs, str):
            if ours != theirs:
                return -1
        elif not _is_same(ours, theirs) or (isinstance(ours, _UnknownStretch) and ours.wild):
            break
        count += 1
    return count


def _is_same(ours: _Atom, theirs: _Atom) -> bool:
    return (
        isinstance(ours, _UnknownStretch)
        and isinstance(theirs, _UnknownStretch)
        and ours.key is not None
        and ours.key == theirs.key
    )


def _is_anything(atoms: Sequence[_Atom], other: Sequence[_Atom]) -> bool:
    """Whether a text is one unknown stretch that may be any text, and not a part of the other text."""
    only = atoms[0] if len(atoms) == 1 else None
    if not isinstance(only, _UnknownStretch) or only.hole != ANYTHING or only.family or only.fresh:
        return False
    return not any(_is_same(only, each) for each in other)


# TRUE: for every filling


def _always(pattern: list[_Atom], subject: list[_Atom]) -> bool:
    """Check all fillings of the subject at once; each layer has the sets of reachable pattern states.

    A set is a number: bit i says that i atoms of the pattern may have been passed.
    """
    reader = _PatternReader(pattern)
    layer = {reader.close(1)}
    for atom in subject:
        before = reader.reads
        if isinstance(atom, _UnknownStretch):
            layer = {after for states in layer for after in reader.read_open(states, atom)}
        else:
            layer = {reader.read(states, atom) for states in layer}
        costs = _READ * (reader.reads - before) if reader.reads > _FEW_READS else 0
        if 0 in layer or len(layer) > _WIDEST_LAYER or reader.reads > _MOST_READS or not take(costs):
            return False
    return all(states >> len(pattern) & 1 for states in layer)


_WIDEST_LAYER = 256
_MOST_READS = 100_000
#: Steps for reading one more character after the first few.
_READ, _FEW_READS = 4, 1_000


class _PatternReader:
    """A pattern that reads characters, and unknown stretches as a whole."""

    def __init__(self, pattern: list[_Atom]) -> None:
        self.reads = 0
        self.many = sum(1 << i for i, atom in enumerate(pattern) if atom is _Wild.MANY)
        self.one = sum(1 << i for i, atom in enumerate(pattern) if atom is _Wild.ONE)
        self.places: dict[_Atom, int] = {}
        self.opens: dict[Hashable, int] = {}
        for i, atom in enumerate(pattern):
            if isinstance(atom, str):
                self.places[atom] = self.places.get(atom, self.one) | 1 << i
            elif isinstance(atom, _UnknownStretch) and atom.key is not None:
                self.opens[atom.key] = self.opens.get(atom.key, 0) | 1 << i

    def read(self, states: int, char: _Atom | None) -> int:
        """Read one character; None is an unknown one."""
        self.reads += 1
        places = self.one if char is None else self.places.get(char, self.one)
        return self.close((states & places) << 1 | states & self.many)

    def close(self, states: int) -> int:
        """Let stars match nothing, and drop the states before the last star, which can do the same."""
        passed = states | (states & self.many) << 1
        while passed != states:
            states = passed
            passed = states | (states & self.many) << 1
        last = (states & self.many).bit_length()
        return states >> last - 1 << last - 1 if last else states

    def read_open(self, states: int, atom: _UnknownStretch) -> set[int]:
        """Read an unknown stretch: as the same one in the pattern, or as several unknown characters."""
        whole = (states & self.opens.get(atom.key, 0)) << 1
        outcomes: set[int] = set()
        for char in atom.hole.starts:
            states = self.read(states, char)
        length = len(atom.hole.starts)
        while self.reads <= _MOST_READS and (atom.hole.longest is None or length <= atom.hole.longest):
            after = self.read(states, None)
            if length >= atom.hole.shortest or after == states:
                outcomes.add(self.close(states | whole))
            if after == states:
                break  # longer texts lead nowhere else
            states = after
            length += 1
        return outcomes


# FALSE: for no filling


def _is_new_to(pattern: Sequence[_Atom], subject: Sequence[_Atom]) -> bool:
    """Whether one of two texts is a literal while the other contains something assigned only later.

    So is a pattern whose stars are after as many characters as the other can have: they match nothing.
    """
    for literal, other in ((pattern, subject), (subject, pattern)):
        if any(isinstance(atom, _UnknownStretch) and atom.fresh for atom in other):
            known = _without_last_stars(literal) if literal is pattern else literal
            is_whole = known is literal or len(known) >= sum(map(_longest, other))
            return is_whole and all(isinstance(atom, str) for atom in known)
    return False


def _without_last_stars(pattern: Sequence[_Atom]) -> Sequence[_Atom]:
    end = len(pattern)
    while end and pattern[end - 1] is _Wild.MANY:
        end -= 1
    return pattern if end == len(pattern) else pattern[:end]


def _longest(atom: _Atom) -> float:
    if isinstance(atom, _UnknownStretch):
        return inf if atom.hole.longest is None else atom.hole.longest
    return 1


def _short_of_characters(pattern: list[_Atom], subject: list[_Atom]) -> bool:
    """Whether the pattern definitely needs more of some character than the subject can have.

    Stretches that stand on both sides bring as many to one as to the other, even when they turn out to hold wildcards.
    """
    paired = Counter(atom.key for atom in pattern if isinstance(atom, _UnknownStretch) and atom.key is not None)
    spare: set[Hole] = set()
    for atom in subject:
        if isinstance(atom, _UnknownStretch) and paired[atom.key] > 0:
            paired[atom.key] -= 1
        elif isinstance(atom, _UnknownStretch):
            spare.add(atom.hole)
    wanted, offered = (Counter(atom for atom in atoms if isinstance(atom, str)) for atoms in (pattern, subject))
    return any(
        count > offered[char] and not any(hole.allows(char) or char in hole.starts for hole in spare)
        for char, count in wanted.items()
    )


def _elements(atoms: list[_Atom]) -> list[LanguageStep]:
    elements: list[LanguageStep] = []
    for atom in atoms:
        if isinstance(atom, str):
            elements.append(exact(atom))
        elif isinstance(atom, _Wild):
            elements.extend(expand_hole(ANYTHING) if atom is _Wild.MANY else (exact(None),))
        elif atom.wild and atom.hole.allows("*"):
            elements += _elements([_Wild(char) if char in "*?" else char for char in atom.hole.starts])
            elements += expand_hole(ANYTHING)
        elif atom.wild:
            elements += expand_hole(Hole(shortest=atom.hole.shortest, longest=atom.hole.longest))
        else:
            elements += expand_hole(atom.hole, family=atom.family, key=atom.key)
    return elements
