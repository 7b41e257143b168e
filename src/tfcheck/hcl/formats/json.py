"""Decode and encode JSON text that is partly known only after apply.

Follows `jsonencode` and `jsondecode` (https://developer.hashicorp.com/terraform/language/functions/jsonencode).
"""

from __future__ import annotations

import json
import re
import unicodedata
from fractions import Fraction
from itertools import takewhile
from typing import Any

from tfcheck.hcl.evaluate.alternatives import choose
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.symbolic.choices import without_choice
from tfcheck.symbolic.numbers import ROUNDED, as_text, parse_number
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive, iter_stretches, join
from tfcheck.symbolic.value import (
    ANYTHING,
    JsonText,
    OneOf,
    Set,
    Text,
    TextLike,
    Unknown,
    Value,
    is_known,
    parts_of,
    pieces,
    text,
    unknowns,
)

__all__ = ["decode", "encode", "inline", "normal", "quote", "unused_character"]

_DEPTH = 100
_ESCAPED = ("\\", '"', *map(chr, range(0x20)), "<", ">", "&", "\u2028", "\u2029")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
#: The notation of each escaped character, the backslash first.
_ESCAPES = {char: _SHORT_ESCAPES.get(char, f"\\u{ord(char):04x}") for char in _ESCAPED}


def encode(value: Value) -> str | JsonText:
    """Write `value` as `jsonencode` does; with unknown leaves, return a `JsonText` of the value.

    Compact, members sorted by code point, `<`, `>`, `&` and the line separators escaped, numbers exact. The marks in
    `value` are kept in the text.
    """
    if not is_known(value):
        return JsonText(value)
    out: list[TextLike] = []
    _write(value, out)
    written = text(out)
    assert isinstance(written, str)  # all parts are known
    return written


def decode(value: TextLike) -> Value:
    """Parse a JSON text; its unknown pieces become unknown leaves or pieces of strings.

    A hole inside a JSON string is assumed to need no escaping. Sets inside a `JsonText` stay sets, since their order is
    unknown. A text that cannot be parsed because of its unknown pieces is an `Unknown` with the parser's message.
    """
    match value:
        case JsonText():
            return value.value
        case OneOf() if value.values and all(isinstance(each, TextLike) for each in value.values):
            return choose([decode(each) for each in value.values], without_choice(value))  # type: ignore[arg-type]
        case Unknown() if value.shape is not None:
            return decode(value.shape)
        case Unknown():
            return Unknown(reason=value.reason, where=value.where, may_fail=True)
        case _:
            document = _Document(value)
            found = document.choice_outside_strings()
            return document.decode() if found is None else _decode_each(value, found)


def _decode_each(value: Text | str, choice: OneOf) -> Value:
    """Return what is certain of the documents that a text is, by one of its pieces."""
    variants = ([by if piece is choice else piece for piece in pieces(value)] for by in choice.values)
    return choose([decode(text(each)) for each in variants], without_choice(choice))  # type: ignore[arg-type]


def inline(value: TextLike) -> TextLike:
    """Write out the JSON texts in a string character by character, if their unknown parts are inside strings.

    A completely unknown part that may be a number, a list or an object keeps its document unchanged. As in `decode`, a
    hole inside a JSON string is assumed to need no escaping.
    """
    return text(_write_out(piece) if isinstance(piece, JsonText) else piece for piece in pieces(value))


def _write_out(document: JsonText) -> TextLike:
    out: list[TextLike] = []
    try:
        _write(document.value, out)
    except _OpenError:
        return document
    return text(out)


class _OpenError(Exception):
    """A part of a document is unknown, and so is its notation."""


def quote(string: str) -> str:
    """Write a string as a JSON string, escaped as Terraform does."""
    return '"' + _escaped_literal(string) + '"'


def _escaped_literal(string: str) -> str:
    if not isinstance(string, Sensitive):
        return _escaped_plain(string)
    parts = [(_escaped_plain(part), is_secret) for part, is_secret in iter_stretches(string)]
    return join(Sensitive(part) if is_secret else part for part, is_secret in parts)


def _escaped_plain(string: str) -> str:
    for char in _ESCAPED if _ESCAPES.keys() & set(string) else ():
        string = string.replace(char, _ESCAPES[char])
    return string


def _write(value: Value, out: list[TextLike]) -> None:
    """Append the notation of a value to `out`; unknown parts of strings stay pieces of the text."""
    match value:
        case None:
            out.append("null")
        case bool():
            out.append("true" if value else "false")
        case str():
            out.append(quote(value))
        case Set() if not is_known(value):
            raise _OpenError  # its order is unknown
        case list() | Set():
            for index, item in enumerate(value if isinstance(value, list) else value.items):
                out.append("," if index else "[")
                _write(item, out)
            out.append("]" if parts_of(value) else "[]")
        case dict():
            for index, key in enumerate(sorted(value)):
                out.append(("," if index else "{") + quote(key) + ":")
                _write(value[key], out)
            out.append("}" if value else "{}")
        case int() | float() | Fraction():
            written = as_text(value)
            if not isinstance(written, str):
                raise EvaluationError(ROUNDED.reason)
            out.append(written)
        case Unknown(shape=None, hole=hole) if hole == ANYTHING:
            raise _OpenError
        case _:
            parts = pieces(inline(value))
            if any(isinstance(each, JsonText) for each in parts):
                raise _OpenError
            out += ['"', *(_escaped_literal(each) if isinstance(each, str) else each for each in parts), '"']


def _number(written: str) -> Value:
    number = parse_number(written)
    # Every JSON number is valid for Terraform; `parse_number` refuses none.
    return Unknown(reason=ROUNDED.reason, may_fail=True) if number is None else number


def _constant(written: str) -> Any:
    raise ValueError(f"`{written}` is not a JSON value")


def _message(error: ValueError) -> str:
    """Return the parser's message without a position, since unknown pieces shift the columns."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]}, line {error.lineno} of it"
    return str(error)


class _Document:
    """A JSON text with a marker for each unknown piece, and brackets around what is sensitive."""

    def __init__(self, source: str | Text) -> None:
        self.source = source
        self.holes = [piece for piece in pieces(source) if not isinstance(piece, str)]
        literals = [piece for piece in pieces(source) if isinstance(piece, str)]
        self.mark = unused_character("".join(literals)) if self.holes else ""
        self.inside = re.compile(f"{self.mark}([0-9]+){self.mark}")
        self.instead = re.compile(f"{self.mark}=([0-9]+){self.mark}")
        marks = Marks(self.mark, *literals) if any(isinstance(each, Sensitive) for each in literals) else None
        self.add_brackets = marks.add_brackets if marks else str
        self.restore = marks.restore if marks else normal

    def decode(self) -> Value:
        written = self._with_markers()
        try:
            return self._fill(json.loads(written, parse_int=_number, parse_float=_number, parse_constant=_constant))
        except RecursionError:
            return Unknown(reason="limit: the JSON text is nested too deeply", may_fail=True)
        except ValueError as error:
            if not self.holes:
                raise EvaluationError(f"not valid JSON: {_message(error)}") from error
            first = next(unknowns(self.source))
            reason = f"{first.reason}; the JSON text around it does not parse: {_message(error)}"
            return Unknown(reason=reason, where=first.where, may_fail=True)

    def choice_outside_strings(self) -> OneOf | None:
        """Return the first piece that is one of several texts and not a part of a JSON string."""
        in_string = False
        for piece in pieces(self.source) if self.holes else ():
            if isinstance(piece, str):
                in_string = _string_open(piece, in_string)
            elif (
                isinstance(piece, OneOf) and not in_string and all(isinstance(each, TextLike) for each in piece.values)
            ):
                return piece if piece.values else None
        return None

    def _with_markers(self) -> str:
        out: list[str] = []
        in_string = False
        count = 0
        for piece in pieces(self.source):
            if isinstance(piece, str):
                in_string = self.holes != [] and _string_open(piece, in_string)
                out.append(piece)
                continue
            out.append(f"{self.mark}{count}{self.mark}" if in_string else f'"{self.mark}={count}{self.mark}"')
            count += 1
        return self.add_brackets(join(out))

    def _fill(self, value: Any, depth: int = 0) -> Value:
        """Normalise the strings of a parsed document as Terraform does, and put unknown pieces back."""
        if depth > _DEPTH:
            raise RecursionError
        if isinstance(value, str):
            if not self.holes or self.mark not in value:
                return self.restore(value)
            whole = self.instead.fullmatch(value)
            if whole:
                return decode(self.holes[int(whole[1])])
            parts = self.inside.split(value)
            return text(self.holes[int(part)] if index % 2 else self.restore(part) for index, part in enumerate(parts))
        if isinstance(value, list):
            for item in value if self.holes else ():
                found = self.instead.fullmatch(item) if isinstance(item, str) else None
                hole = self.holes[int(found[1])] if found else None
                if isinstance(hole, Unknown):
                    return Unknown(reason=f"{hole.reason}; it may be any number of elements", where=hole.where)
            return [self._fill(item, depth + 1) for item in value]
        if isinstance(value, dict):
            for key in value if self.holes else ():
                if found := re.search(f"{self.mark}=?([0-9]+)", key):
                    hole = next(unknowns(self.holes[int(found[1])]))
                    return Unknown(reason=f"{hole.reason}; a key of the JSON text depends on it", where=hole.where)
            return {str(self.restore(key)): self._fill(item, depth + 1) for key, item in value.items()}
        return value  # type: ignore[no-any-return]


_STRING_TOKEN = regex(r'\\.|"', re.DOTALL)


def _string_open(literal: str, in_string: bool) -> bool:
    """Whether a JSON string is open at the end of `literal`, given whether one is open at its beginning."""
    for token in _STRING_TOKEN.finditer(literal):
        if token[0] == '"':
            in_string = not in_string
        elif not in_string:
            # NOTE: outside a string a backslash is an error, which the parser will report.
            in_string = token[0] == '\\"'
    return in_string


#: Also one without an end, which is not searched for again at each of its escaped quotes.
_STRING = regex(r'"((?:[^"\\]++|\\.)*+)"?', re.DOTALL)
_ESCAPE = regex(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


class Marks:
    """Two characters that enclose what is marked."""

    def __init__(self, *literals: str) -> None:
        """Choose characters that do not occur in `literals`."""
        self.opening = unused_character("".join(literals))
        self.closing = unused_character("".join((*literals, self.opening)))
        self._stretch = re.compile(f"{self.opening}([^{self.closing}]*){self.closing}")

    def add_brackets(self, written: str) -> str:
        """Return a JSON text with brackets around the marked stretches of its strings."""
        if not isinstance(written, Sensitive):
            return written
        plain, spans = str(written), list(written.spans)
        out: list[str] = []
        position = 0
        for found in _STRING.finditer(plain):
            start, end = found.span(1)
            while spans and spans[0][1] < start:
                spans.pop(0)
            for first, last in takewhile(lambda span, end=end: span[0] <= end, spans):  # type: ignore[misc]
                if last <= start and first < start:
                    continue
                first, last = _widen_to_escapes(found, max(first, start), min(last, end))
                out += (plain[position:first], self.opening, plain[first:last], self.closing)
                position = last
        return "".join((*out, plain[position:]))

    def restore(self, string: str) -> str:
        """Return a string of the parsed document, normalised, with marks in place of brackets."""
        if self.opening not in string:
            return normal(string)
        parts = self._stretch.split(string)
        found = join(Sensitive(normal(part)) if index % 2 else normal(part) for index, part in enumerate(parts))
        whole = normal("".join(parts))
        return found if found == whole else Sensitive(whole)


def _widen_to_escapes(found: re.Match[str], first: int, last: int) -> tuple[int, int]:
    """Return a stretch widened to whole escape sequences."""
    for escape in _ESCAPE.finditer(found.string, *found.span(1)):
        start, end = escape.span()
        first = start if start < first < end else first
        last = end if start < last < end else last
    return first, last


def normal(string: str) -> str:
    """Normalise a string as Terraform does: composed, without unpaired surrogates."""
    if string.isascii():
        return string
    found = unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", str(string)))
    if found == string:
        return string
    return Sensitive(found) if isinstance(string, Sensitive) else found


def unused_character(literals: str) -> str:
    """Return a character that does not occur in the literals, neither plain nor escaped."""
    lowered = literals.lower()
    for code in range(0xE000, 0xF8FF):
        if chr(code) not in literals and f"\\u{code:04x}" not in lowered:
            return chr(code)
    raise AssertionError("a text holds every private character")
