"""Decode and encode JSON text that is partly known only after apply.

Follows `jsonencode` and `jsondecode` (https://developer.hashicorp.com/terraform/language/functions/jsonencode).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tfcheck.hcl.evaluate.numbers import parse_number
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json_marks import Marks, normal, unused_character
from tfcheck.symbolic.numerals import as_text
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive, iter_stretches, join
from tfcheck.symbolic.value import (
    ANYTHING,
    JsonText,
    Set,
    Text,
    TextLike,
    Unknown,
    Value,
    is_known,
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
    out: list[str] = []
    _write(value, out)
    return join(out)


def decode(value: TextLike) -> Value:
    """Parse a JSON text; its unknown pieces become unknown leaves or pieces of strings.

    A hole inside a JSON string is assumed to need no escaping. Sets inside a `JsonText` stay sets, since their order is
    unknown. A text that cannot be parsed because of its unknown pieces is an `Unknown` with the parser's message.
    """
    match value:
        case str():
            return _parse(value)
        case JsonText():
            return value.value
        case Text():
            return _Marked(value).decode()
        case _ if value.shape is not None:
            return decode(value.shape)
        case _:
            return Unknown(reason=value.reason, where=value.where, unsure=True)


def inline(value: TextLike) -> TextLike:
    """Write out the JSON texts in a string character by character, if their unknown parts are inside strings.

    A completely unknown part that may be a number, a list or an object keeps its document unchanged. As in `decode`, a
    hole inside a JSON string is assumed to need no escaping.
    """
    return text(_spell_document(piece) if isinstance(piece, JsonText) else piece for piece in pieces(value))


def _spell_document(document: JsonText) -> TextLike:
    out: list[TextLike] = []
    try:
        _spell(document.value, out)
    except _OpenError:
        return document
    return text(out)


class _OpenError(Exception):
    """A part of a document is unknown, and so is its notation."""


def _spell(value: Value, out: list[TextLike]) -> None:
    if isinstance(value, (Text, JsonText)) or (
        isinstance(value, Unknown) and (value.shape is not None or value.hole != ANYTHING)
    ):
        parts = pieces(inline(value))
        if any(isinstance(each, JsonText) for each in parts):
            raise _OpenError
        out += ['"', *(_escaped_literal(each) if isinstance(each, str) else each for each in parts), '"']
    elif isinstance(value, dict):
        for index, key in enumerate(sorted(value)):
            out.append(("," if index else "{") + quote(key) + ":")
            _spell(value[key], out)
        out.append("}" if value else "{}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            out.append("," if index else "[")
            _spell(item, out)
        out.append("]" if value else "[]")
    elif is_known(value):
        known: list[str] = []
        _write(value, known)
        out += known
    else:
        raise _OpenError


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


def _write(value: Value, out: list[str]) -> None:
    match value:
        case None:
            out.append("null")
        case bool():
            out.append("true" if value else "false")
        case str():
            out.append(quote(value))
        case list() | Set():
            out.append("[")
            for index, item in enumerate(value if isinstance(value, list) else list(value.items)):
                if index:
                    out.append(",")
                _write(item, out)
            out.append("]")
        case dict():
            out.append("{")
            for index, key in enumerate(sorted(value)):
                out.append(("," if index else "") + quote(key) + ":")
                _write(value[key], out)
            out.append("}")
        case int() | float() | Fraction():
            written = as_text(value)
            if not isinstance(written, str):
                raise EvaluationError("limit: a number that Terraform rounds")
            out.append(written)
        case _:
            raise AssertionError("an unknown value is never written")


class _LimitError(Exception):
    """The document is valid but exceeds the evaluator's limits."""


def _parse(written: str) -> Value:
    """Parse a JSON text; its marked strings keep their marks, numbers and keys do not."""
    marks = Marks(written) if isinstance(written, Sensitive) else None
    try:
        if marks is None:
            return _normalise(_load(written), normal)
        return _normalise(_load(marks.add_brackets(written)), marks.restore)
    except _LimitError as limit:
        return Unknown(reason=f"limit: {limit}", unsure=True)
    except ValueError as error:
        raise EvaluationError(f"not valid JSON: {_message(error)}") from error


def _normalise(value: Any, spelled: Callable[[str], str], depth: int = 0) -> Value:
    """Normalise the strings of a parsed document as Terraform does, each by `spelled`."""
    if depth > _DEPTH:
        raise _LimitError("the JSON text is nested too deeply")
    if isinstance(value, str):
        return spelled(value)
    if isinstance(value, list):
        return [_normalise(item, spelled, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(spelled(key)): _normalise(item, spelled, depth + 1) for key, item in value.items()}
    return value  # type: ignore[no-any-return]


def _load(written: str) -> Any:
    try:
        return json.loads(written, parse_int=_number, parse_float=_number, parse_constant=_constant)
    except RecursionError:
        raise _LimitError("the JSON text is nested too deeply") from None


def _number(written: str) -> Value:
    number = parse_number(written)
    # Every JSON number is valid for Terraform; `parse_number` refuses none.
    return Unknown(reason="limit: a number that Terraform rounds", unsure=True) if number is None else number


def _constant(written: str) -> Any:
    raise ValueError(f"`{written}` is not a JSON value")


def _message(error: ValueError) -> str:
    """Return the parser's message without a position, since unknown pieces shift the columns."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]}, line {error.lineno} of it"
    return str(error)


class _Marked:
    """A text with a marker for each unknown piece, and whether that is inside a JSON string."""

    def __init__(self, source: Text) -> None:
        self.source = source
        self.holes = [piece for piece in source.pieces if not isinstance(piece, str)]
        self.mark = unused_character("".join(piece for piece in source.pieces if isinstance(piece, str)))
        self.inside = re.compile(f"{self.mark}([0-9]+){self.mark}")
        self.instead = re.compile(f"{self.mark}=([0-9]+){self.mark}")
        self.marks = Marks(self.mark, *(piece for piece in source.pieces if isinstance(piece, str)))

    def decode(self) -> Value:
        first = next(unknowns(self.source))
        try:
            return self._fill(_load(self._marked_text()))
        except _LimitError as limit:
            return Unknown(reason=f"limit: {limit}", unsure=True)
        except ValueError as error:
            reason = f"{first.reason}; the JSON text around it does not parse: {_message(error)}"
            return Unknown(reason=reason, where=first.where, unsure=True)

    def _marked_text(self) -> str:
        out: list[str] = []
        in_string = False
        count = 0
        for piece in self.source.pieces:
            if isinstance(piece, str):
                in_string = _string_open(piece, in_string)
                out.append(piece)
                continue
            marker = f"{self.mark}{count}{self.mark}" if in_string else f'"{self.mark}={count}{self.mark}"'
            out.append(marker)
            count += 1
        return self.marks.add_brackets(join(out))

    def _fill(self, value: Any, depth: int = 0) -> Value:
        if depth > _DEPTH:
            raise _LimitError("the JSON text is nested too deeply")
        if isinstance(value, str):
            if self.mark not in value:
                return self.marks.restore(value)
            whole = self.instead.fullmatch(value)
            if whole:
                return decode(self.holes[int(whole[1])])
            parts = self.inside.split(value)
            restored = self.marks.restore
            return text(self.holes[int(part)] if index % 2 else restored(part) for index, part in enumerate(parts))
        if isinstance(value, list):
            return self._list([self._fill(item, depth + 1) for item in value], value)
        if isinstance(value, dict):
            return self._object(value, depth)
        return value  # type: ignore[no-any-return]

    def _list(self, items: list[Value], written: list[Any]) -> Value:
        """Return the list, unless an unknown element may be several elements or none."""
        for item in written:
            found = self.instead.fullmatch(item) if isinstance(item, str) else None
            hole = self.holes[int(found[1])] if found else None
            if isinstance(hole, Unknown):
                return Unknown(reason=f"{hole.reason}; it may be any number of elements", where=hole.where)
        return items

    def _object(self, members: dict[str, Any], depth: int) -> Value:
        for key in members:
            found = re.search(f"{self.mark}=?([0-9]+)", key)
            if found:
                hole = next(unknowns(self.holes[int(found[1])]))
                return Unknown(reason=f"{hole.reason}; a key of the JSON text depends on it", where=hole.where)
        return {str(self.marks.restore(key)): self._fill(item, depth + 1) for key, item in members.items()}


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
