"""Locate the members of a literal object or list in the sources.

`{ Statement = [{ ... }] }` in Terraform's language, or JSON in a heredoc: both become the same parts with the offsets
at which something can be put in. What an item means is of no interest here.
"""

from __future__ import annotations

from typing import TypeAlias, Union

import msgspec

from tfcheck.hcl.syntax import json_document as json
from tfcheck.hcl.syntax.lexer import DEEPEST, MalformedError, bracket_end, comment_end, heredoc_at, quoted_end
from tfcheck.symbolic.regex import regex

_BLANK = regex(r"[ \t\r]*")
#: Text that neither opens anything nor ends a value.
_PLAIN = regex(r'[^",)\]}\n#(\[{</]*')
_BLANK_LINES = regex(r"[ \t\r\n]*")
_FOR = regex(r"[\[{](?:\s|#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*for\s")
_KEY = regex(r'"?([\w-]+)"?')


class OtherParts(msgspec.Struct, frozen=True):
    """Anything other than an object or a list."""

    start: int
    end: int


class ListParts(msgspec.Struct, frozen=True):
    """A list; `comma` is the offset of the comma after its last item, if there is one."""

    start: int
    end: int
    items: tuple[Parts, ...]
    comma: int | None = None


class ItemParts(msgspec.Struct, frozen=True):
    """`name = value` in an object; `between` is the text between the two, `quoted` is about the name."""

    name: str
    start: int
    between: str
    quoted: bool
    value: Parts


class ObjectParts(msgspec.Struct, frozen=True):
    """An object."""

    start: int
    end: int
    items: tuple[ItemParts, ...]

    def item(self, name: str) -> ItemParts | None:
        """Return an item by its name."""
        return next((each for each in self.items if each.name == name), None)


Parts: TypeAlias = Union[OtherParts, ListParts, ObjectParts]  # noqa: UP007 (the parts refer to each other)


def read_parts(text: str, start: int) -> Parts:
    """Parse the expression that begins at `start`; one that is not literal is an `Other`.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    return _Reader(text).value(start, 0)


def read_json_parts(text: str, start: int, end: int) -> Parts:
    """Parse JSON between two offsets of `text`.

    Raises:
        MalformedError: it is not JSON.
    """
    return _shift(json.read_document(text[start:end]), text[start:end], start)


def _shift(value: json.JsonValue, text: str, by: int) -> Parts:
    match value:
        case json.Array(items=items):
            return ListParts(value.start + by, value.end + by, tuple(_shift(each, text, by) for each in items))
        case json.Object(members=members):
            return ObjectParts(value.start + by, value.end + by, tuple(_member(each, text, by) for each in members))
        case _:
            return OtherParts(value.start + by, value.end + by)


def _member(member: json.Member, text: str, by: int) -> ItemParts:
    name_end = quoted_end(text, member.start)
    between = text[name_end : member.value.start]
    return ItemParts(member.name, member.start + by, between, True, _shift(member.value, text, by))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self._ends: dict[int, int] = {}

    def value(self, start: int, depth: int) -> Parts:
        """Parse the value at `start`, up to a comma, a closing bracket or, in an object, the end of the line."""
        if depth > DEEPEST:
            raise MalformedError("nested too deeply", start)
        end = self.end_of(start)
        closed = self.bracket_end(start) if self.text[start : start + 1] in ("[", "{") else start
        if closed != end or _FOR.match(self.text, start):
            return OtherParts(start, end)
        return self.list(start, end, depth) if self.text[start] == "[" else self.object(start, end, depth)

    def list(self, start: int, end: int, depth: int) -> ListParts:
        items: list[Parts] = []
        comma: int | None = None
        position = self.skip(start + 1)
        while position < end - 1:
            items.append(self.value(position, depth + 1))
            position = self.skip(items[-1].end)
            comma = position if self.text[position] == "," else None
            position = self.skip(position + 1) if comma is not None else position
            if comma is None and position != end - 1:
                raise MalformedError("a comma was expected", position)
        return ListParts(start, end, tuple(items), comma)

    def object(self, start: int, end: int, depth: int) -> ObjectParts:
        items: list[ItemParts] = []
        position = self.skip(start + 1)
        while position < end - 1:
            mark = self.mark(position)
            value_start = _BLANK.match(self.text, mark + 1).end()  # type: ignore[union-attr]  # matches ""
            value = self.value(value_start, depth + 1)
            written = self.text[position:mark].rstrip()
            key = _KEY.fullmatch(written)
            between = self.text[position + len(written) : value_start]
            items.append(ItemParts(key[1] if key else "", position, between, written.startswith('"'), value))
            position = self.skip(value.end)
            position = self.skip(position + 1) if self.text[position] == "," else position
        return ObjectParts(start, end, tuple(items))

    def mark(self, position: int) -> int:
        """Find the `=` or `:` after the name of an item."""
        while position < len(self.text):
            if self.text[position] in "=:":
                return position
            position = self.step(position)
        raise MalformedError("an item of an object has no value", position)

    def end_of(self, start: int) -> int:
        """Find the end of a value: before a comma, a closing bracket, a comment or a line break."""
        text = self.text
        position = end = start
        while True:
            plain = _PLAIN.match(text, position)
            assert plain  # it matches the empty string
            position = plain.end()
            end = plain.start() + len(plain[0].rstrip(" \t\r")) if plain[0].strip(" \t\r") else end
            if position >= len(text) or text[position] in ",)]}\n#" or text.startswith(("//", "/*"), position):
                return end
            end = position = self.step(position)

    def step(self, position: int) -> int:
        """Return the offset after the string, brackets, heredoc or character at a position."""
        char = self.text[position]
        if char == '"':
            return quoted_end(self.text, position)
        if char in "([{":
            return self.bracket_end(position)
        heredoc = heredoc_at(self.text, position) if char == "<" else None
        return heredoc.end if heredoc else position + 1

    def bracket_end(self, start: int) -> int:
        """Return the offset after the bracket that matches the one at `start`; remembered."""
        if start not in self._ends:
            self._ends[start] = bracket_end(self.text, start)
        return self._ends[start]

    def skip(self, position: int) -> int:
        """Skip blanks, line breaks and comments."""
        while True:
            position = _BLANK_LINES.match(self.text, position).end()  # type: ignore[union-attr]  # matches ""
            comment = comment_end(self.text, position)
            if comment is None:
                return position
            position = comment
