"""Render lines for a terminal so that nothing in a plan can forge them.

Addresses, ARNs and source lines come from files that others wrote. Every span is escaped here, last of all, so that no
control character in a name can move the cursor or begin a new line.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TypeAlias

import msgspec

from tfcheck.report.safe_text import visible
from tfcheck.vocabulary.clipping import LONGEST_LINE, clip


class SpanStyle(Enum):
    """The meaning of a span; `_LOOKS` has the colours."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    GOOD = "good"
    UNKNOWN = "unknown"
    MARK = "mark"


class Span(msgspec.Struct, frozen=True):
    """A part of a line in one style."""

    text: str
    style: SpanStyle = SpanStyle.PLAIN


Line: TypeAlias = tuple[Span, ...]


def line(*parts: str | Span) -> Line:
    """Build a line from spans; a plain string is an unstyled span."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def wrap(first: str | Span, text: str, width: int, style: SpanStyle = SpanStyle.PLAIN) -> Iterator[Line]:
    """Wrap `text` to lines of at most `width`, the first after `first`, the others indented equally.

    A word that is longer than a line, such as an ARN, is not broken, so that it can be copied, but clipped if nobody
    would write it.
    """
    lead = Span(first) if isinstance(first, str) else first
    indent = " " * len(visible(lead.text))
    text, room = visible(text), max(width - len(indent), 20)
    fits = len(text) <= room and text == text.strip()
    parts = [text] if fits else textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
    for number, part in enumerate(parts):
        yield (Span(indent) if number else lead, Span(clip(part, LONGEST_LINE), style))


def columns(rows: Iterable[tuple[Span, Span]], indent: str, widest: int) -> Iterator[Line]:
    """Yield rows, with the second spans aligned of all whose first fits into `widest`."""
    rows = list(rows)
    lengths = [len(visible(first.text)) for first, _ in rows]
    column = max((length for length in lengths if length <= widest), default=0)
    for (first, second), length in zip(rows, lengths, strict=True):
        yield (Span(indent), first, Span(" " * max(column - length, 0) + "  "), second)


def render_lines(lines: Iterable[Line], *, colour: bool) -> str:
    """Join lines to a screen, each ended by a newline."""
    style = _style if colour else lambda span: visible(span.text)
    return "".join("".join(style(span) for span in line).rstrip() + "\n" for line in lines)


def _style(span: Span) -> str:
    import click

    text = visible(span.text)
    colour, bold, dim = _LOOKS[span.style]
    if not text.strip() or span.style is SpanStyle.PLAIN:
        return text
    return click.style(text, fg=colour, bold=bold or None, dim=dim or None)


#: Colour, bold, dim.
_LOOKS: dict[SpanStyle, tuple[str | None, bool, bool]] = {
    SpanStyle.PLAIN: (None, False, False),
    SpanStyle.STRONG: (None, True, False),
    SpanStyle.QUIET: (None, False, True),
    SpanStyle.ERROR: ("red", True, False),
    SpanStyle.WARNING: ("yellow", True, False),
    SpanStyle.INFO: ("blue", True, False),
    SpanStyle.GOOD: ("green", False, False),
    SpanStyle.UNKNOWN: ("magenta", True, False),
    SpanStyle.MARK: ("cyan", True, False),
}
