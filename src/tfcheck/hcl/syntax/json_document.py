"""Parse a JSON file with the offsets of its values.

The standard library's parser reports no offsets, and the findings of a `.tf.json` file need lines too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias, TypeVar, Union

import msgspec

from tfcheck.hcl.syntax.lexer import DEEPEST, MalformedError
from tfcheck.hcl.syntax.literals import number
from tfcheck.symbolic.regex import regex

T = TypeVar("T")

_BLANK = regex(r"[ \t\r\n]*+")
_STRING = regex(r'"(?:[^"\\\x00-\x1f]++|\\.)*+"')
_NUMBER = regex(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?")
_WORDS = {"true": True, "false": False, "null": None}
_WORD = regex("true|false|null")


class JsonScalar(msgspec.Struct, frozen=True):
    """A string, number, bool or null at an offset."""

    value: str | int | Fraction | bool | None
    start: int
    end: int


class Array(msgspec.Struct, frozen=True):
    """A list, from its opening bracket to after the closing one."""

    items: tuple[JsonValue, ...]
    start: int
    end: int


class Member(msgspec.Struct, frozen=True):
    """A member of an object; `start` is the offset of its name."""

    name: str
    start: int
    value: JsonValue


class Object(msgspec.Struct, frozen=True):
    """An object, from its opening brace to after the closing one; a name may occur more than once."""

    members: tuple[Member, ...]
    start: int
    end: int


JsonValue: TypeAlias = Union[JsonScalar, Array, Object]  # noqa: UP007 (the parts refer to each other)


def read_document(text: str) -> JsonValue:
    """Parse a whole JSON text."""
    reader = _JsonReader(text)
    value = reader.value(0)
    if reader.position != len(text):
        raise MalformedError("something follows the JSON value", reader.position)
    return value


class _JsonReader:
    """A cursor that skips blanks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        #: The offset after the last token, before the following blanks.
        self.end = 0
        self.skip()

    def value(self, depth: int) -> JsonValue:
        start = self.position
        if depth > DEEPEST:
            raise MalformedError("nested too deeply", start)
        if self.text.startswith("{", start):
            members = self.items("}", lambda: self.member(depth + 1))
            return Object(tuple(members), start, self.end)
        if self.text.startswith("[", start):
            items = self.items("]", lambda: self.value(depth + 1))
            return Array(tuple(items), start, self.end)
        if self.text.startswith('"', start):
            return JsonScalar(self.string(), start, self.end)
        word = self.take(_WORD)
        if word:
            return JsonScalar(_WORDS[word], start, self.end)
        written = self.take(_NUMBER)
        if not written:
            raise MalformedError("a JSON value was expected", start)
        return JsonScalar(number(written, start), start, self.end)

    def member(self, depth: int) -> Member:
        start = self.position
        name = self.string()
        self.mark(":")
        return Member(name, start, self.value(depth))

    def string(self) -> str:
        start = self.position
        written = self.take(_STRING)
        if written is None:
            raise MalformedError("a JSON string was expected", start)
        try:
            return msgspec.json.decode(written, type=str)
        except (msgspec.DecodeError, UnicodeError):
            raise MalformedError("a JSON string cannot be read", start) from None

    def items(self, closing: str, read: Callable[[], T]) -> list[T]:
        """Parse what is between brackets, separated by commas."""
        self.position += 1
        self.skip()
        found: list[T] = []
        while not self.text.startswith(closing, self.position):
            if found:
                self.mark(",")
            found.append(read())
        self.step(self.position + 1)
        return found

    def take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.position)
        if not found:
            return None
        self.step(found.end())
        return found[0]

    def mark(self, mark: str) -> None:
        if not self.text.startswith(mark, self.position):
            raise MalformedError(f"a `{mark}` was expected", self.position)
        self.step(self.position + 1)

    def step(self, position: int) -> None:
        self.end = self.position = position
        self.skip()

    def skip(self) -> None:
        self.position = _BLANK.match(self.text, self.position).end()  # type: ignore[union-attr]  # matches the empty string
