"""Which list, object or call is written here, if telling its parts apart is all that it takes?

Policies and containers are mostly that and no more. python-hcl2 takes longer to load than everything else takes
together, so it is left to what needs a grammar: operators, conditions, `for`, splats.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tfcheck.hcl.expression import Call, Expression, ListOf, Literal, ObjectOf, Template, Unreadable
from tfcheck.hcl.lexer import MalformedError, bracket_end, comment_end, quoted_end, step_over
from tfcheck.hcl.source import SourceText

#: Reads the expression between two offsets, at a depth.
Ranges = Callable[[int, int, int], Expression]
#: Reads the quoted string at an offset, at a depth.
Templates = Callable[[int, int], Template]

_RUN = re.compile(r'[^"#/{}()\[\]\n<,]*')
_CALL = re.compile(r"([^\W\d][\w-]*+(?:::[^\W\d][\w-]*+)*+)\(")
_WORD = re.compile(r"[^\W\d][\w-]*+")
_SETS = re.compile(r"[ \t]*+(?:=(?![=>])|:)[ \t]*+")
_FOR = re.compile(r"for\s++[^\W\d]")


def read_collection(
    source: SourceText, start: int, end: int, depth: int, ranges: Ranges, templates: Templates
) -> Expression | None:
    """Read a list, an object or a call between two offsets; None where the grammar is needed to tell what it is."""
    try:
        return _collection(source, start, end, depth, ranges, templates)
    except MalformedError:
        return None  # the grammar says what is wrong


def _collection(
    source: SourceText, start: int, end: int, depth: int, ranges: Ranges, templates: Templates
) -> Expression | None:
    text, place = source.text, source.place(start)
    call = _CALL.match(text, start)
    opening = call.end() - 1 if call else start
    if text[opening : opening + 1] not in ("[", "{", "(") or (text[opening] == "(") is (call is None):
        return None
    if bracket_end(text, opening) != end:
        return None
    if text[opening] == "{":
        items = _items(source, _parts(text, opening + 1, end - 1, lines=True), depth + 1, ranges, templates)
        return None if items is None else ObjectOf(items, place)
    found = _parts(text, opening + 1, end - 1, lines=False)
    if found is None or (found and _FOR.match(text, found[0][0])):
        return None
    spread = bool(call and found and text.endswith("...", *found[-1]))
    if spread:
        found[-1] = found[-1][0], found[-1][1] - len("...")
    listed = _read(found, depth + 1, ranges)
    if listed is None:
        return None
    return Call(call[1], listed, spread, place) if call else ListOf(listed, place)


def _read(parts: list[tuple[int, int]], depth: int, ranges: Ranges) -> tuple[Expression, ...] | None:
    found = tuple(ranges(start, end, depth) for start, end in parts)
    return None if any(isinstance(each, Unreadable) for each in found) else found


def _items(
    source: SourceText, parts: list[tuple[int, int]] | None, depth: int, ranges: Ranges, templates: Templates
) -> tuple[tuple[Expression, Expression], ...] | None:
    items: list[tuple[Expression, Expression]] = []
    for start, end in parts or ():
        word = _WORD.match(source.text, start)
        quoted = quoted_end(source.text, start) if source.text.startswith('"', start) else None
        sets = _SETS.match(source.text, word.end() if word else quoted or start, end)
        if sets is None or not (word or quoted):
            return None
        value = ranges(sets.end(), end, depth)
        if isinstance(value, Unreadable):
            return None
        key = Literal(word[0], source.place(start)) if word else templates(start, depth)
        items.append((key, value))
    return None if parts is None else tuple(items)


class _Part:
    """One part on its way: where it begins and ends, blanks and comments around it left out."""

    def __init__(self) -> None:
        self.start: int | None = None
        self.end = 0
        self.commented = False

    def take(self, start: int, end: int) -> bool:
        """Count in a stretch of text; false where a comment stands in the middle of the part."""
        if self.start is None:
            self.start, self.commented = start, False
        self.end = end
        return not self.commented


def _parts(text: str, start: int, end: int, *, lines: bool) -> list[tuple[int, int]] | None:
    """Cut what is inside brackets at its commas, with `lines` also where a line ends; None where that does not do."""
    found: list[tuple[int, int]] = []
    part, position = _Part(), start
    while True:
        run = _RUN.match(text, position, end)
        assert run  # it matches the empty string
        written = run[0].strip()
        if written and not part.take(text.index(written, position), position + len(run[0].rstrip())):
            return None
        position = run.end()
        char = text[position] if position < end else ""
        if char in ("", ",", "\n"):
            if part.start is not None and (lines or char != "\n"):
                found.append((part.start, part.end))
                part = _Part()
            elif char == ",":
                return None
            if not char:
                return found
            position += 1
        elif comment := comment_end(text, position):
            part.commented, position = True, comment
        else:
            behind = step_over(text, position)
            if not part.take(position, behind):
                return None
            position = behind
