"""Match a regular expression in a partly unknown string, where its matches are certain.

That is so where the pattern takes all characters that a piece may have alike: where it begins and ends then depends on
how long the piece is, at most. Several lengths are tried, and a match has to begin and end at the same places in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from math import prod
from typing import TypeAlias

import msgspec

from tfcheck.hcl.formats.regex_machine import Captures, compile_pattern
from tfcheck.hcl.formats.regex_syntax import (
    Alternatives,
    Assertion,
    CaptureGroup,
    Char,
    Node,
    Pattern,
    Ranges,
    Repeat,
    Sequence,
)
from tfcheck.hcl.functions.pieces import isolate
from tfcheck.hcl.functions.regex_reach import reach
from tfcheck.symbolic.value import ANYTHING, Hole, JsonText, TextLike, Unknown, pieces, text

#: A place in a text: the index of a piece, and the offset in it. The end is before one more piece.
Place: TypeAlias = tuple[int, int]
#: The ends of a match and of each group; None for an unmatched group.
Places: TypeAlias = tuple[Place | None, ...]
#: The possible places of one position: between empty pieces there are several.
_Candidates: TypeAlias = tuple[frozenset[Place] | None, ...]
_Piece: TypeAlias = str | Unknown | JsonText

_MOST_UNKNOWN = 3
_MOST_INSTRUCTIONS = 120
#: The maximum number of combinations of lengths.
_MOST_TRIES = 1_000
_LETTERS = "".join(map(chr, range(0x20, 0x7F)))


class Matches(msgspec.Struct, frozen=True):
    """The certain matches in a text: the ends of each, and of its groups."""

    subject: TextLike
    matches: tuple[Places, ...]

    def between(self, start: Place, end: Place) -> TextLike:
        """Return the text between two places."""
        parts = pieces(self.subject) or ("",)
        if start[0] == end[0]:
            return _slice(parts[start[0]], start[1], end[1]) if start < end else ""
        last = [_slice(parts[end[0]], 0, end[1])] if end[1] else []
        first = _slice(parts[start[0]], start[1], None)
        return text([first, *parts[start[0] + 1 : end[0]], *last])

    @property
    def end(self) -> Place:
        """The end of the text."""
        return (0, len(self.subject)) if isinstance(self.subject, str) else (len(pieces(self.subject)), 0)


def known_places(captures: Captures) -> Places:
    """Return the places of a match in a known text, which is one piece."""
    return tuple(None if each < 0 else (0, each) for each in captures)


def certain(pattern: Pattern, subject: TextLike, find: Callable[[str], Iterable[Captures]]) -> Matches | None:
    """Return the matches that `find` finds in a text if they are certain, else None."""
    literal = _literal(pattern)
    searched = isolate(subject, literal) if literal else None
    if searched is not None:
        return Matches(searched, tuple(_occurrences(searched, literal)))
    parts = pieces(subject)
    program = compile_pattern(pattern)
    size = len(program.instructions)
    if pattern.folded or size > _MOST_INSTRUCTIONS or not _is_simple(pattern.node):
        return None
    seen = reach(program, [each if isinstance(each, str) else _hole(each) for each in parts])
    holes = [_hole(each) for each in parts if not isinstance(each, str)]
    letters = [letter for hole, ranges in zip(holes, seen.tested, strict=True) if (letter := _letter(hole, ranges))]
    # NOTE: if no match contains an unknown piece, its length changes nothing, unless it may be empty.
    several = seen.holding or any(hole.shortest == 0 for hole in holes)
    if len(letters) < len(holes) or (several and len(holes) > _MOST_UNKNOWN):
        return None
    found: list[_Candidates] | None = None
    lengths_of = [_lengths(hole, size) for hole in holes]
    if several and prod(map(len, lengths_of)) > _MOST_TRIES:
        return None
    every = product(*lengths_of)
    for lengths in every if several else [tuple(hole.shortest for hole in holes)]:
        fillings = (letter * length for letter, length in zip(letters, lengths, strict=True))
        filled = [each if isinstance(each, str) else next(fillings) for each in parts]
        matched = find("".join(filled))
        tried = [tuple(None if at < 0 else _places(at, parts, filled) for at in each) for each in matched]
        found = tried if found is None else _common_places(found, tried)
        if found is None:
            return None
    if any(each is not None and not each for match in found or () for each in match):
        return None  # a place is inside an unknown piece
    matches = (tuple(None if each is None else min(each) for each in match) for match in found or ())
    return Matches(subject, tuple(matches))


def _literal(pattern: Pattern) -> str:
    """Return the only text that a pattern matches; empty if there may be another one, or a group."""
    nodes = pattern.node.nodes if isinstance(pattern.node, Sequence) else (pattern.node,)
    letters = [
        chr(each.ranges[0][0])
        for each in nodes
        if isinstance(each, Char) and len(each.ranges) == 1 and each.ranges[0][0] == each.ranges[0][1]
    ]
    return "" if pattern.folded or pattern.names or len(letters) < len(nodes) else "".join(letters)


def _occurrences(subject: TextLike, literal: str) -> Iterator[Places]:
    """Yield the places of a literal in a text, if no unknown piece touches one."""
    for index, piece in enumerate(pieces(subject)):
        start = piece.find(literal) if isinstance(piece, str) else -1
        while isinstance(piece, str) and start >= 0:
            end = start + len(literal)
            yield ((index, start), (index, end))
            start = piece.find(literal, end)


def _common_places(found: list[_Candidates], tried: list[_Candidates]) -> list[_Candidates] | None:
    """Keep the places common to two attempts; None if their matches differ."""
    if len(found) != len(tried):
        return None
    both: list[_Candidates] = []
    for mine, theirs in zip(found, tried, strict=True):
        if any((one is None) != (other is None) for one, other in zip(mine, theirs, strict=True)):
            return None
        both.append(tuple(None if a is None or b is None else a & b for a, b in zip(mine, theirs, strict=True)))
    return both


def _is_simple(node: Node) -> bool:
    """Whether everything repeated without limit is a single character, so that longer texts change nothing."""
    match node:
        case Char():
            return True
        case Assertion():
            return node.kind in ("start", "end")
        case Repeat():
            return _is_simple(node.node) if node.most is not None else isinstance(node.node, Char)
        case CaptureGroup():
            return _is_simple(node.node)
        case Sequence() | Alternatives():
            return all(map(_is_simple, node.nodes))


def _hole(piece: Unknown | JsonText) -> Hole:
    return piece.hole if isinstance(piece, Unknown) else ANYTHING


def _letter(hole: Hole, tested: Iterable[Ranges]) -> str | None:
    """Return a character that represents any in the hole, as far as the pattern is concerned; None if there is none."""
    allowed = hole.chars if not hole.negated else next((each for each in _LETTERS if hole.allows(each)), "")
    if not allowed or not all(_is_uniform(hole, ranges) for ranges in tested):
        return None
    return allowed[0]


def _is_uniform(hole: Hole, ranges: Ranges) -> bool:
    """Whether the ranges contain all characters possible in the hole, or none of them."""
    if not hole.negated:
        return len({any(low <= ord(each) <= high for low, high in ranges) for each in hole.chars}) == 1
    outside = {chr(code) for low, high in _gaps(ranges) for code in range(low, min(high, low + len(hole.chars)) + 1)}
    inside = {chr(code) for low, high in ranges for code in range(low, min(high, low + len(hole.chars)) + 1)}
    return outside <= set(hole.chars) or inside <= set(hole.chars)


def _gaps(ranges: Ranges) -> Iterator[tuple[int, int]]:
    begin = 0
    for low, high in sorted(ranges):
        if begin < low:
            yield begin, low - 1
        begin = max(begin, high + 1)
    if begin <= 0x10FFFF:
        yield begin, 0x10FFFF


def _lengths(hole: Hole, size: int) -> range:
    """Return the lengths to try; beyond the pattern's size, longer ones change nothing."""
    most = hole.shortest + size
    return range(hole.shortest, (most if hole.longest is None else min(most, hole.longest)) + 1)


def _places(position: int, parts: tuple[_Piece, ...], filled: list[str]) -> frozenset[Place]:
    found, begin = set(), 0
    for index, written in enumerate(filled):
        offset = position - begin
        if offset == 0 or (isinstance(parts[index], str) and 0 < offset < len(written)):
            found.add((index, offset))
        begin += len(written)
    return frozenset(found | ({(len(parts), 0)} if position == begin else set()))


def _slice(piece: _Piece, start: int, end: int | None) -> TextLike:
    return piece[start:end] if isinstance(piece, str) else piece
