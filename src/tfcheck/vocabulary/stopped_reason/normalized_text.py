"""Normalise a text that was copied from a log or a console.

Texts that are copied from terminals, tables, logs, mails and JSON have frames, time stamps and colours, escapes of JSON
and HTML, typographic quotes, and line breaks between words or within them.
"""

from __future__ import annotations

import re
from functools import cached_property

from tfcheck.symbolic.regex import regex


class NormalizedText:
    """A text in two readings: `with_spaces` takes a line's end for a space, `without_spaces` for nothing."""

    def __init__(self, copied: str) -> None:
        from html import unescape  # takes longer to load than to use

        text = _ESCAPE.sub(
            lambda found: _MEANT.get(found[1], "") or chr(int(found[1][1:], 16)), _UNSEEN.sub("", copied)
        )
        text = _QUOTE.sub("'", unescape(_UNSEEN.sub("", text))).replace("\u00a0", " ")
        self._lines = [_strip_frame(line) for line in text.splitlines() if not _is_rule(line)]

    @cached_property
    def with_spaces(self) -> str:
        """The text on one line, broken between words."""
        return " ".join(" ".join(self._lines).split())

    @cached_property
    def without_spaces(self) -> str:
        """The text on one line, broken anywhere, so that any space may be missing."""
        return "".join(self._lines)

    def search(self, pattern: str) -> re.Match[str] | None:
        """Find a pattern in either reading, ignoring case."""
        found = re.search(pattern, self.with_spaces, re.IGNORECASE)
        if found is None and len(self._lines) > 1:
            found = re.search(pattern.replace(" ?", " ").replace(" ", " ?"), self.without_spaces, re.IGNORECASE)
        return found

    @property
    def readings(self) -> tuple[str, str]:
        """Both readings, first the likelier one, judged by equal line lengths."""
        lengths = {len(line) for line in self._lines[:-1]}
        is_hard = len(self._lines) > 2 and len(lengths) == 1
        return (self.without_spaces, self.with_spaces) if is_hard else (self.with_spaces, self.without_spaces)


def _strip_frame(line: str) -> str:
    """Remove a table's frame, and other prefixes of a line."""
    line = _FRAME.sub("", line)
    end = line.rstrip()
    return end[:-1].rstrip() if end.endswith(_BARS) else line


def _is_rule(line: str) -> bool:
    """Whether a line is a table's border."""
    return not line.strip(_RULES) and not set(line) <= set(" \t|│┃║")


#: Colours and other terminal sequences, and zero-width characters.
_UNSEEN = regex(r"\x1b\[[0-?]*[ -/]*[@-~]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
#: JSON's escapes for characters; control characters and unpaired surrogates stay escaped.
_ESCAPE = regex(r"\\+(u(?!00[01]|[dD][89a-fA-F])[0-9a-fA-F]{4}|[nrt\"/])")
_MEANT = {"n": "\n", "r": "\n", "t": " ", '"': '"', "/": "/"}
_QUOTE = regex("[‘’`´]")
_BARS = ("│", "┃", "║", "|")
_RULES = " \t|│┃║+-=─━═┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╭╮╰╯"
_STAMP = (
    r"\[?(?:\d{4}-\d\d-\d\d(?:T| )\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?"
    r"|(?:[A-Z][a-z]{2} +\d{1,2} )?\d\d:\d\d:\d\d(?:[.,]\d+)?)\]?:?(?=[\s│┃║|])"
)
#: Prefixes that Terraform, mail programs, tables and logs put before each line.
_FRAME = regex(rf"^(?:[\s│┃║|>╷╵]++|{_STAMP})+")
