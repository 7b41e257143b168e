"""Read a text of a policy with the offsets and values of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import TypeAlias

import msgspec

from tfcheck.fix.literal import Parts
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.hcl.syntax.lexer import MalformedError, tokens
from tfcheck.hcl.syntax.parse import parse_range, reference_text
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import PlainText, Unknown, Value, display, pieces, spelled_out

#: Evaluates an expression.
Evaluate: TypeAlias = Callable[[Expression], Value]
#: Escapes, which differ between the sources and their text.
_ESCAPES = ("\\", "$${", "%{", "%%{", "${~", "~}")
#: References to values that are written elsewhere and may differ in each instance or plan.
_GIVEN = regex(r"^(?:\$\{\s*)?(?:each|count|var|local)\.")


class WrittenPart(msgspec.Struct, frozen=True):
    """A part of a text: its offsets, its value, and whether it is literal."""

    start: int
    end: int
    value: str
    is_literal: bool


class WrittenText(msgspec.Struct, frozen=True):
    """A quoted text, or a reference: its offsets and its parts.

    With `is_element` it is an element of the list that the reference is.
    """

    source: SourceText
    start: int
    end: int
    parts: tuple[WrittenPart, ...]
    is_quoted: bool
    is_element: bool = False

    @property
    def value(self) -> str:
        """The value of the text, with each unknown part as its name between control characters."""
        return "".join(each.value for each in self.parts)

    @property
    def text(self) -> str:
        """The text as written in the file, without quotes."""
        written = self.source.text[self.start : self.end]
        return written[1:-1] if self.is_quoted else written

    def replace(self, start: int, end: int, new: str) -> str | None:
        """Return the source text with a part of its value replaced; None if that part is not literal."""
        before = self.source.text[self.start : self.end]
        end_part = self.source.text[self.parts[-1].start : self.parts[-1].end] if self.parts else ""
        is_behind = start == end == len(self.value)
        if self.is_element:
            return None
        if is_behind and self.parts and not self.parts[-1].is_literal and _GIVEN.search(end_part):
            return None
        if not self.is_quoted:
            return f'"${{{before}}}{new}"' if is_behind else None
        at, part = self.part_at(start, end)
        if part is not None and part.is_literal:
            first, last = part.start + start - at - self.start, part.start + end - at - self.start
            return before[:first] + new + before[last:]
        return f'{before[:-1]}{new}"' if is_behind else None

    def part_at(self, start: int, end: int) -> tuple[int, WrittenPart | None]:
        """Return the part that holds a range of the value, preferring literals, and the range's offset in it."""
        ends = list(accumulate((len(each.value) for each in self.parts), initial=0))
        around = [
            (at, each) for at, each in zip(ends, self.parts, strict=False) if at <= start <= end <= at + len(each.value)
        ]
        return min(around, key=lambda each: not each[1].is_literal, default=(0, None))


def written_text(source: SourceText, place: Parts, evaluate: Evaluate) -> WrittenText | None:
    """Read the text at a place; None if it is built in another way or must not be shown."""
    text = source.text[place.start : place.end]
    try:
        quoted = text.startswith('"')
        found = _quoted_parts(source, place, evaluate) if quoted else _reference(source, place, evaluate)
        parts = tuple(found)
    except MalformedError:
        return None
    if any(not each.value for each in parts) or any(mark in text for mark in _ESCAPES):
        return None
    return WrittenText(source, place.start, place.end, parts, quoted)


def elements(source: SourceText, place: Parts, evaluate: Evaluate) -> tuple[WrittenText, ...]:
    """Read the texts of a list that a reference names, if they may be shown."""
    text = source.text[place.start : place.end]
    try:
        expression = parse_range(source, place.start, place.end)
    except MalformedError:
        return ()
    found = evaluate(expression) if reference_text(expression) and not text.startswith('"') else None
    values = filter(None, map(flat, found)) if isinstance(found, list) else ()
    parts = (WrittenPart(place.start, place.end, each, False) for each in values)
    return tuple(WrittenText(source, place.start, place.end, (each,), False, True) for each in parts)


def flat(value: Value) -> str:
    """Write a text with each unknown part as its name between control characters; empty if it must not be shown."""
    parts: list[str] = []
    for each in pieces(spelled_out(value)) if isinstance(value, PlainText) else ():
        if isinstance(each, Sensitive) or (isinstance(each, Unknown) and each.sensitive):
            return ""
        parts.append(each if isinstance(each, str) else f"\0{display(each)}\0")
    return "".join(parts)


def _quoted_parts(source: SourceText, place: Parts, evaluate: Evaluate) -> Iterator[WrittenPart]:
    found = tokens(source.text, place.start, place.end)
    for index in found.indices_inside(0):
        token = found.stretch(index)
        if token.kind == "text":
            yield WrittenPart(token.start, token.end, source.text[token.start : token.end], True)
        else:
            inner = parse_range(source, token.start + len("${"), token.end - len("}"))
            yield WrittenPart(token.start, token.end, flat(evaluate(inner)), False)


def _reference(source: SourceText, place: Parts, evaluate: Evaluate) -> Iterator[WrittenPart]:
    expression = parse_range(source, place.start, place.end)
    value = flat(evaluate(expression)) if reference_text(expression) else ""
    yield WrittenPart(place.start, place.end, value, False)
