"""Match a regular expression in a partly unknown string, where its matches are certain.

Matches are certain if the pattern treats all characters that an unknown piece may contain alike, so that at most the
length of the piece matters. Several lengths are tried, and the matches must begin and end at the same places in all.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from math import prod
from typing import TypeAlias

import msgspec

from tfcheck.hcl.functions.pieces import isolate
from tfcheck.hcl.regex import syntax
from tfcheck.hcl.regex.machine import Captures, Program, compile_pattern
from tfcheck.symbolic.value import ANYTHING, Hole, JsonText, Piece, TextLike, Unknown, pieces, text

#: A place in a text: the index of a piece, and the offset in it. The end is before one more piece.
Position: TypeAlias = tuple[int, int]
#: The ends of a match and of each group; None for an unmatched group.
Positions: TypeAlias = tuple[Position | None, ...]
#: The possible places of one position: between empty pieces there are several.
_Candidates: TypeAlias = tuple[frozenset[Position] | None, ...]

_MOST_UNKNOWN = 3
_MOST_INSTRUCTIONS = 120
#: The maximum number of combinations of lengths.
_MOST_TRIES = 1_000
_LETTERS = "".join(map(chr, range(0x20, 0x7F)))


class CertainMatches(msgspec.Struct, frozen=True):
    """The certain matches in a text: the ends of each, and of its groups."""

    subject: TextLike
    matches: tuple[Positions, ...]

    def between(self, start: Position, end: Position) -> TextLike:
        """Return the text between two places."""
        parts = pieces(self.subject) or ("",)
        if start[0] == end[0]:
            return _slice(parts[start[0]], start[1], end[1]) if start < end else ""
        last = [_slice(parts[end[0]], 0, end[1])] if end[1] else []
        first = _slice(parts[start[0]], start[1], None)
        return text([first, *parts[start[0] + 1 : end[0]], *last])

    @property
    def end(self) -> Position:
        """The end of the text."""
        return (0, len(self.subject)) if isinstance(self.subject, str) else (len(pieces(self.subject)), 0)


def known_places(captures: Captures) -> Positions:
    """Return the places of a match in a known text, which is one piece."""
    return tuple(None if each < 0 else (0, each) for each in captures)


def certain(
    pattern: syntax.Pattern, subject: TextLike, find: Callable[[str], Iterable[Captures]]
) -> CertainMatches | None:
    """Return the matches that `find` finds in a text if they are certain, else None."""
    literal = _literal(pattern)
    searched = isolate(subject, literal) if literal else None
    if searched is not None:
        return CertainMatches(searched, tuple(_occurrences(searched, literal)))
    parts = pieces(subject)
    if parts and isinstance(last := parts[-1], str) and 0 < _length_at_end(pattern.node) <= len(last):
        at_end = len(parts) - 1
        places = (tuple(None if at < 0 else (at_end, at) for at in each) for each in find(last))
        return CertainMatches(subject, tuple(places))
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
    return CertainMatches(subject, tuple(matches))


def _literal(pattern: syntax.Pattern) -> str:
    """Return the only text that a pattern matches; empty if there may be another one, or a group."""
    nodes = pattern.node.nodes if isinstance(pattern.node, syntax.Sequence) else (pattern.node,)
    letters = [
        chr(each.ranges[0][0])
        for each in nodes
        if isinstance(each, syntax.Char) and len(each.ranges) == 1 and each.ranges[0][0] == each.ranges[0][1]
    ]
    return "" if pattern.folded or pattern.names or len(letters) < len(nodes) else "".join(letters)


def _length_at_end(node: syntax.Node) -> int:
    """Return the length of the longest match of a pattern that matches only at the end; 0 for any other pattern."""
    if isinstance(node, syntax.Sequence) and node.nodes and node.nodes[-1] == syntax.Assertion("end"):
        return _longest(syntax.Sequence(node.nodes[:-1])) or 0
    return 0


def _longest(node: syntax.Node) -> int | None:
    """Return the length of the longest match, or None if it has no limit or what is before it matters."""
    match node:
        case syntax.Char():
            return 1
        case syntax.Assertion():
            return None
        case syntax.Repeat():
            inner = _longest(node.node)
            return None if inner is None or node.most is None else inner * node.most
        case syntax.CaptureGroup():
            return _longest(node.node)
        case syntax.Sequence() | syntax.Alternatives():
            lengths = [length for each in node.nodes if (length := _longest(each)) is not None]
            combine = sum if isinstance(node, syntax.Sequence) else max
            return combine(lengths) if lengths and len(lengths) == len(node.nodes) else None


def _occurrences(subject: TextLike, literal: str) -> Iterator[Positions]:
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


def _is_simple(node: syntax.Node) -> bool:
    """Whether everything repeated without limit is a single character, so that longer texts change nothing."""
    match node:
        case syntax.Char():
            return True
        case syntax.Assertion():
            return node.kind in ("start", "end")
        case syntax.Repeat():
            return _is_simple(node.node) if node.most is not None else isinstance(node.node, syntax.Char)
        case syntax.CaptureGroup():
            return _is_simple(node.node)
        case syntax.Sequence() | syntax.Alternatives():
            return all(map(_is_simple, node.nodes))


def _hole(piece: Unknown | JsonText) -> Hole:
    return piece.hole if isinstance(piece, Unknown) else ANYTHING


def _letter(hole: Hole, tested: Iterable[syntax.Ranges]) -> str | None:
    """Return a character that represents any in the hole, as far as the pattern is concerned; None if there is none."""
    allowed = hole.chars if not hole.negated else next((each for each in _LETTERS if hole.allows(each)), "")
    # The pattern must accept all characters that are possible in the hole, or none of them.
    some = any(_may_accept(ranges, hole) and _may_accept(syntax.invert(ranges), hole) for ranges in tested)
    return None if some or not allowed else allowed[0]


def _lengths(hole: Hole, size: int) -> range:
    """Return the lengths to try; beyond the pattern's size, longer ones change nothing."""
    most = hole.shortest + size
    return range(hole.shortest, (most if hole.longest is None else min(most, hole.longest)) + 1)


def _places(position: int, parts: tuple[Piece, ...], filled: list[str]) -> frozenset[Position]:
    found, begin = set(), 0
    for index, written in enumerate(filled):
        offset = position - begin
        if offset == 0 or (isinstance(parts[index], str) and 0 < offset < len(written)):
            found.add((index, offset))
        begin += len(written)
    return frozenset(found | ({(len(parts), 0)} if position == begin else set()))


def _slice(piece: Piece, start: int, end: int | None) -> TextLike:
    return piece[start:end] if isinstance(piece, str) else piece


#: An instruction that waits for a character, and whether its match contains an unknown piece so far.
_Thread: TypeAlias = tuple[int, bool]


class HoleReach(msgspec.Struct, frozen=True):
    """The characters looked for in each unknown piece; `holding` is whether a match can contain one."""

    tested: tuple[frozenset[syntax.Ranges], ...]
    holding: bool


def reach(program: Program, parts: abc.Sequence[str | Hole]) -> HoleReach:
    """Run a pattern over a text of literals and unknown pieces."""
    return _Walk(program, parts).run()


class _Walk:
    def __init__(self, program: Program, parts: abc.Sequence[str | Hole]) -> None:
        self._instructions = program.instructions
        self._parts = parts
        self._holding = False

    def run(self) -> HoleReach:
        tested: list[frozenset[syntax.Ranges]] = []
        threads: set[_Thread] = set()
        begins = True
        for index, part in enumerate(self._parts):
            last = index == len(self._parts) - 1
            if isinstance(part, Hole):
                threads, looked = self._pass_unknown(part, threads, begins=begins, ends=last)
                tested.append(looked)
                begins = begins and part.shortest == 0
                continue
            for offset, letter in enumerate(part):
                begun = self._enter(threads | {(0, False)}, begins=begins, ends=False)
                threads = {(at + 1, held) for at, held in begun if _accepts(self._instructions[at].ranges, letter)}
                begins = False
                if last and offset == len(part) - 1:
                    self._enter(threads | {(0, False)}, begins=False, ends=True)
        return HoleReach(tuple(tested), self._holding)

    def _pass_unknown(
        self, hole: Hole, threads: set[_Thread], *, begins: bool, ends: bool
    ) -> tuple[set[_Thread], frozenset[syntax.Ranges]]:
        """Return the threads after an unknown piece of any length."""
        behind = {(at, True) for at, _ in threads} if hole.shortest == 0 else set()
        waiting = threads | {(0, False)}
        tested: set[syntax.Ranges] = set()
        seen: set[_Thread] = set()
        first = True
        while waiting - seen:
            seen |= waiting
            entered = self._enter(waiting, begins=begins and first, ends=False)
            tested |= {self._instructions[at].ranges for at, _ in entered}
            waiting = {(at + 1, True) for at, _ in entered if _may_accept(self._instructions[at].ranges, hole)}
            behind |= waiting
            waiting = waiting | {(0, True)}
            first = False
        if ends:
            self._enter(behind | {(0, False)}, begins=False, ends=True)
        return behind, frozenset(tested)

    def _enter(self, threads: set[_Thread], *, begins: bool, ends: bool) -> set[_Thread]:
        """Return the threads that wait for a character, after following what needs none."""
        found: set[_Thread] = set()
        waiting, seen = list(threads), set(threads)
        while waiting:
            at, held = waiting.pop()
            instruction = self._instructions[at]
            following: tuple[int, ...] = ()
            match instruction.kind:
                case "char":
                    found.add((at, held))
                case "match":
                    self._holding = self._holding or held
                case "jump":
                    following = (instruction.first,)
                case "split":
                    following = (instruction.first, instruction.second)
                case "assert" if not {"start": begins, "end": ends}.get(instruction.place, True):
                    pass
                case _:
                    following = (at + 1,)
            new = [(each, held) for each in following if (each, held) not in seen]
            seen.update(new)
            waiting += new
        return found


def _accepts(ranges: syntax.Ranges, letter: str) -> bool:
    return any(low <= ord(letter) <= high for low, high in ranges)


def _may_accept(ranges: syntax.Ranges, hole: Hole) -> bool:
    if not hole.negated:
        return any(_accepts(ranges, letter) for letter in hole.chars)
    width = len(hole.chars) + 1
    some = ({chr(code) for code in range(low, min(high, low + width) + 1)} for low, high in ranges)
    return any(not each <= set(hole.chars) for each in some)
