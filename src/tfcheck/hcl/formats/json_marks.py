"""Find out which strings of a JSON document are marked, when stretches of its text are.

Two characters that the text does not contain bracket every marked stretch of a JSON string before the text is parsed.
The document stays the same, so that a mark never changes what it means.
"""

from __future__ import annotations

import re
import unicodedata

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive, joined

_STRING = regex(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = regex(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


class Marks:
    """Two characters that bracket what is marked."""

    def __init__(self, *literals: str) -> None:
        """Choose characters that `literals` do not contain."""
        self.opening = unused("".join(literals))
        self.closing = unused("".join((*literals, self.opening)))
        self._stretch = re.compile(f"{self.opening}([^{self.closing}]*){self.closing}")

    def bracketed(self, written: str) -> str:
        """Return a JSON text with brackets around what is marked in its strings."""
        if not isinstance(written, Sensitive):
            return written
        plain, spans = str(written), list(written.spans)
        out: list[str] = []
        position = 0
        for found in _STRING.finditer(plain):
            start, end = found.span(1)
            while spans and spans[0][1] < start:
                spans.pop(0)
            for first, last in _within(spans, start, end):
                first, last = _around_escapes(found, first, last)
                out += (plain[position:first], self.opening, plain[first:last], self.closing)
                position = last
        return "".join((*out, plain[position:]))

    def restored(self, string: str) -> str:
        """Return a string of the parsed document, normalised, and marked where brackets were."""
        if self.opening not in string:
            return normal(string)
        parts = self._stretch.split(string)
        found = joined(Sensitive(normal(part)) if index % 2 else normal(part) for index, part in enumerate(parts))
        whole = normal("".join(parts))
        return found if found == whole else Sensitive(whole)


def _within(spans: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """List the marked stretches of the string whose contents lie between two offsets."""
    found = []
    for first, last in spans:
        if first > end:
            break
        if last > start or first >= start:
            found.append((max(first, start), min(last, end)))
    return found


def _around_escapes(found: re.Match[str], first: int, last: int) -> tuple[int, int]:
    """Move the ends of a stretch out of the escape sequences that they lie in."""
    for escape in _ESCAPE.finditer(found.string, *found.span(1)):
        start, end = escape.span()
        first = start if start < first < end else first
        last = end if start < last < end else last
    return first, last


def normal(string: str) -> str:
    """Bring a string into the form in which Terraform keeps every string: composed, without half surrogates."""
    if string.isascii():
        return string
    return unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", string))


def unused(literals: str) -> str:
    """Choose a character that the literals do not hold, neither plain nor escaped."""
    lowered = literals.lower()
    for code in range(0xE000, 0xF8FF):
        if chr(code) not in literals and f"\\u{code:04x}" not in lowered:
            return chr(code)
    raise AssertionError("a text holds every private character")
