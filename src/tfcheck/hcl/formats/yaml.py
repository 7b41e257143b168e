"""Decode and encode YAML text that is partly known only after apply.

Follows `yamldecode` and `yamlencode` (https://developer.hashicorp.com/terraform/language/functions/yamldecode).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, count, repeat

from tfcheck.hcl.formats.json import normal, unused_character
from tfcheck.hcl.formats.yaml_events import (
    ScalarStyle,
    UnsupportedError,
    YamlScalar,
    is_definitely_text,
    may_be_value,
    read_document,
    resolve_scalar,
)
from tfcheck.symbolic.numbers import exact, spell_number
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import (
    Hole,
    JsonText,
    Set,
    Text,
    TextLike,
    Unknown,
    Value,
    is_known,
    pieces,
    spelled_out,
    text,
    unknowns,
)

_SOME_YAML = Hole(shortest=1)
#: Longer strings with blanks are wrapped.
_UNBROKEN = 60
_ESCAPED = regex(r'["\\\t]')
_PLAIN_TEXT = regex("[\t\x20-\x7e\xa1-\u1fff\u3000-\ud7ff]*")


def decode(written: TextLike) -> Value:
    """Parse a YAML text; its unknown pieces become unknown leaves or pieces of strings.

    Only the usual subset is supported; anything else, and what cannot be parsed, is an `Unknown`.
    """
    match written:
        case YamlText():
            return written.encoded.value
        case Unknown() if written.shape is None:
            return Unknown(reason=written.reason, where=written.where, may_fail=True)
        case Unknown():
            return decode(written.shape or "")
        case JsonText():
            return written.value
    try:
        return _Marked(written).decode()
    except UnsupportedError as error:
        first = next(unknowns(written), Unknown(reason="unsupported syntax"))
        return Unknown(reason=f"{first.reason}: {error} in a YAML text", where=first.where, may_fail=True)


class _Marked:
    """A text with a marker for each unknown piece."""

    def __init__(self, written: str | Text) -> None:
        parts = written.pieces if isinstance(written, Text) else (written,)
        self.holes = [piece for piece in parts if not isinstance(piece, str)]
        self.mark = unused_character("".join(piece for piece in parts if isinstance(piece, str)))
        self.marker = re.compile(f"{self.mark}([0-9]+){self.mark}")
        numbers = count()
        self.written = "".join(
            piece if isinstance(piece, str) else f"{self.mark}{next(numbers)}{self.mark}" for piece in parts
        )

    def decode(self) -> Value:
        return self._fill(read_document(self.written))

    def _fill(self, node: object) -> Value:
        if isinstance(node, YamlScalar):
            return self._scalar(node)
        if isinstance(node, list):
            items = [self._fill(item) for item in node]
            return next((item for item in items if isinstance(item, _Several)), items)
        assert isinstance(node, dict)
        if any(self.mark in key for key in node):
            raise UnsupportedError("an unknown key")
        return {normal(key): self._fill(item) for key, item in node.items()}

    def _scalar(self, scalar: YamlScalar) -> Value:
        if self.mark not in scalar.text:
            value = resolve_scalar(scalar)
            return normal(value) if isinstance(value, str) else value
        parts = self.marker.split(scalar.text)
        whole = text(self.holes[int(part)] if index % 2 else normal(part) for index, part in enumerate(parts))
        if scalar.style is ScalarStyle.QUOTED or _is_definitely_text(whole, scalar.style):
            return whole
        if isinstance(whole, JsonText) and scalar.style is ScalarStyle.PLAIN:
            return whole.value
        # A plain scalar may turn out to be a number, a bool, or more than one value.
        first = next(unknowns(whole))
        kind = _Several if scalar.inside else Unknown
        return kind(reason=first.reason, where=first.where, may_fail=first.may_fail)


def _is_definitely_text(whole: TextLike, style: ScalarStyle) -> bool:
    """Whether a scalar with unknown pieces is definitely a string."""
    parts = pieces(spelled_out(whole))
    first = next(iter(parts), "")
    is_not_value = any(isinstance(each, str) and not may_be_value(each) for each in parts)
    if _may_end_scalar(parts):
        return False
    if style is ScalarStyle.BLOCK:
        return is_not_value or (isinstance(first, JsonText) and isinstance(first.value, (list, dict)))
    if isinstance(first, str):
        return is_definitely_text(first) or (is_not_value and first[:1].isalpha() and first.isascii())
    if not is_not_value or not isinstance(first, Unknown):
        return False
    # A text that begins with an unknown piece may begin with any YAML syntax.
    return first.hole.shortest > 0 and not any(map(first.hole.allows, _MARKS))


def _may_end_scalar(parts: Sequence[str | Unknown | JsonText]) -> bool:
    """Whether an empty unknown piece would turn the rest into a key, a comment or a shorter scalar."""
    for index, piece in enumerate(parts):
        before = parts[index - 1] if index else ""
        behind = parts[index + 1] if index + 1 < len(parts) else " "
        if isinstance(piece, Unknown) and piece.hole.shortest == 0 and isinstance(before, str):
            spaced = not isinstance(behind, str) or behind[0].isspace()
            if before[-1:].isspace() or (spaced and before[-1:] in ("", ":")):
                return True
    return False


#: Characters with a meaning at the beginning of a plain scalar, or within it.
_MARKS = " \t\n#:,[]{}&*!|>'\"%@`?-<=~"


class YamlText(Unknown, frozen=True):
    """A string that is the YAML of the value in `encoded`: known as a structure, not as a text."""

    encoded: JsonText = JsonText(None)


class _Several(Unknown, frozen=True):
    """An unknown element of `[…]` that may be several or none."""


def encode(value: Value) -> Value:
    """Write YAML as `yamlencode` does; unknown with unknown parts, or with strings that it would wrap."""
    if not is_known(value):
        first = next(unknowns(value))
        return YamlText(reason=first.reason, where=first.where, hole=_SOME_YAML, encoded=JsonText(value))
    try:
        written = "\n".join(_block_lines(value)) + "\n"
    except UnsupportedError as error:
        reason = f"function `yamlencode` is not supported for {error}"
        return YamlText(reason=reason, hole=_SOME_YAML, encoded=JsonText(value))
    # A document that is one plain scalar gets a mark after it.
    return written if isinstance(value, (str, list, dict, Set)) else written + "...\n"


def _block_lines(value: Value) -> list[str]:
    match value:
        case list() if value:
            return [
                mark + line
                for item in value
                for mark, line in zip(chain(("- ",), repeat("  ")), _block_lines(item), strict=False)
            ]
        case Set() if value.items:
            return _block_lines(list(value.items))
        case dict() if value:
            return [line for key in sorted(value) for line in _member(key, value[key])]
        case _:
            return [_write_scalar(value)]


def _member(key: str, value: Value) -> list[str]:
    name = f"{_quote(key)}:"
    if isinstance(value, dict) and value:
        return [name, *("  " + line for line in _block_lines(value))]
    if (isinstance(value, list) and value) or (isinstance(value, Set) and value.items):
        return [name, *_block_lines(value)]
    return [f"{name} {_write_scalar(value)}"]


def _write_scalar(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quote(value)
        case list() | Set():
            return "[]"
        case dict():
            return "{}"
    number = exact(value)
    written = None if number is None else spell_number(number)
    if written is None or len(written) > 15:
        raise UnsupportedError("numbers of so many digits")
    return written


def _quote(string: str) -> str:
    if not _PLAIN_TEXT.fullmatch(string) or (len(string) > _UNBROKEN and " " in string):
        raise UnsupportedError("strings of several lines")
    return '"' + _ESCAPED.sub(lambda found: "\\t" if found[0] == "\t" else "\\" + found[0], string) + '"'
