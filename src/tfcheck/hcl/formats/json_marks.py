"""Find the marked strings of a JSON document whose text is partly marked.

Two characters that the text does not contain bracket every marked stretch of a JSON string before the text is parsed.
The document stays the same, so that a mark never changes what it means.
"""

from __future__ import annotations

import re
import unicodedata

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive, join

_STRING = regex(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
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
            for first, last in _spans_within(spans, start, end):
                first, last = _widen_to_escapes(found, first, last)
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


def _spans_within(spans: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """List the marked stretches of the string whose content is between two offsets."""
    found = []
    for first, last in spans:
        if first > end:
            break
        if last > start or first >= start:
            found.append((max(first, start), min(last, end)))
    return found


def _widen_to_escapes(found: re.Match[str], first: int, last: int) -> tuple[int, int]:
    """Widen a stretch to whole escape sequences."""
    for escape in _ESCAPE.finditer(found.string, *found.span(1)):
        start, end = escape.span()
        first = start if start < first < end else first
        last = end if start < last < end else last
    return first, last


def normal(string: str) -> str:
    """Normalise a string as Terraform does: composed, without unpaired surrogates."""
    if string.isascii():
        return string
    return unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", string))


def unused_character(literals: str) -> str:
    """Choose a character that does not occur in the literals, neither plain nor escaped."""
    lowered = literals.lower()
    for code in range(0xE000, 0xF8FF):
        if chr(code) not in literals and f"\\u{code:04x}" not in lowered:
            return chr(code)
    raise AssertionError("a text holds every private character")
