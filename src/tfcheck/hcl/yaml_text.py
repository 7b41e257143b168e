"""What does a YAML text say, and how does Terraform write one, when parts of it are known only after apply?

Follows `yamldecode` and `yamlencode` (https://developer.hashicorp.com/terraform/language/functions/yamldecode).
"""

from __future__ import annotations

import re

from tfcheck.hcl.json_text import normal, unused
from tfcheck.hcl.yaml_syntax import Scalar, UnsupportedError, is_surely_text, read, resolved
from tfcheck.numerals import exact, spelled
from tfcheck.value import JsonText, Set, Text, TextLike, Unknown, Value, is_known, pieces, spelled_out, text, unknowns

#: Longer strings with blanks are broken into lines.
_UNBROKEN = 60
_ESCAPED = re.compile(r'["\\\t]')
_PLAIN_TEXT = re.compile("[\t\x20-\x7e\xa1-\u1fff\u3000-\ud7ff]*")


def decode(written: TextLike) -> Value:
    """Read a YAML text, whose unknown pieces become unknown leaves or pieces of strings.

    Only what configurations usually hold is read; anything else, and what does not parse, is an `Unknown`.
    """
    match written:
        case Unknown() if written.shape is None:
            return Unknown(reason=written.reason, where=written.where, unsure=True)
        case Unknown():
            return decode(written.shape or "")
        case JsonText():
            return written.value
    try:
        return _Marked(written).decode()
    except UnsupportedError as error:
        first = next(unknowns(written), Unknown(reason="unsupported syntax"))
        return Unknown(reason=f"{first.reason}: {error} in a YAML text", where=first.where, unsure=True)


class _Marked:
    """A text with a marker in place of each unknown piece."""

    def __init__(self, written: str | Text) -> None:
        parts = written.pieces if isinstance(written, Text) else (written,)
        self.holes = [piece for piece in parts if not isinstance(piece, str)]
        self.mark = unused("".join(piece for piece in parts if isinstance(piece, str)))
        self.marker = re.compile(f"{self.mark}([0-9]+){self.mark}")
        self.written = ""
        count = 0
        for piece in parts:
            if isinstance(piece, str):
                self.written += piece
            else:
                self.written += f"{self.mark}{count}{self.mark}"
                count += 1

    def decode(self) -> Value:
        return self._filled(read(self.written))

    def _filled(self, node: object) -> Value:
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, list):
            items = [self._filled(item) for item in node]
            return next((item for item in items if isinstance(item, _Several)), items)
        assert isinstance(node, dict)
        if any(self.mark in key for key in node):
            raise UnsupportedError("an unknown key")
        return {normal(key): self._filled(item) for key, item in node.items()}

    def _scalar(self, scalar: Scalar) -> Value:
        if self.mark not in scalar.text:
            value = resolved(scalar)
            return normal(value) if isinstance(value, str) else value
        parts = self.marker.split(scalar.text)
        whole = text(self.holes[int(part)] if index % 2 else normal(part) for index, part in enumerate(parts))
        if not scalar.plain or is_surely_text(_beginning(whole)):
            return whole
        if isinstance(whole, JsonText):
            return whole.value
        # A plain scalar may turn out to be a number, a bool, or more than one value.
        first = next(unknowns(whole))
        kind = _Several if scalar.inside else Unknown
        return kind(reason=first.reason, where=first.where, unsure=first.unsure)


def _beginning(whole: TextLike) -> str:
    """Give the literal that a string begins with, if that is known."""
    first = next(iter(pieces(spelled_out(whole))), "")
    return first if isinstance(first, str) else ""


class _Several(Unknown, frozen=True):
    """An unknown element of `[…]` that may turn out to be several or none."""


def encode(value: Value) -> Value:
    """Write YAML as `yamlencode` does; with unknown parts, or strings that it would break into lines, it is unknown."""
    if not is_known(value):
        first = next(unknowns(value))
        return Unknown(reason=first.reason, where=first.where)
    try:
        written = "\n".join(_lines(value)) + "\n"
    except UnsupportedError as error:
        return Unknown(reason=f"function `yamlencode` is not supported for {error}")
    # A document that is one plain scalar gets a mark behind it.
    return written if isinstance(value, str | list | dict | Set) else written + "...\n"


def _lines(value: Value) -> list[str]:
    match value:
        case list() if value:
            return [line for item in value for line in _indented("- ", _lines(item))]
        case Set() if value.items:
            return _lines(list(value.items))
        case dict() if value:
            return [line for key in sorted(value) for line in _member(key, value[key])]
        case _:
            return [_scalar_written(value)]


def _member(key: str, value: Value) -> list[str]:
    name = f"{_quoted(key)}:"
    if isinstance(value, dict) and value:
        return [name, *("  " + line for line in _lines(value))]
    if (isinstance(value, list) and value) or (isinstance(value, Set) and value.items):
        return [name, *_lines(value)]
    return [f"{name} {_scalar_written(value)}"]


def _indented(mark: str, lines: list[str]) -> list[str]:
    return [mark + lines[0], *(" " * len(mark) + line for line in lines[1:])]


def _scalar_written(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case list() | Set():
            return "[]"
        case dict():
            return "{}"
    number = exact(value)
    written = None if number is None else spelled(number)
    if written is None or len(written) > 15:
        raise UnsupportedError("numbers of so many digits")
    return written


def _quoted(string: str) -> str:
    if not _PLAIN_TEXT.fullmatch(string) or (len(string) > _UNBROKEN and " " in string):
        raise UnsupportedError("strings of several lines")
    return '"' + _ESCAPED.sub(lambda found: "\\t" if found[0] == "\t" else "\\" + found[0], string) + '"'
