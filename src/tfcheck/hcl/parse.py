"""Which expression is written here?"""

from __future__ import annotations

from tfcheck.hcl.expression import Expression, Place, Template, Unreadable
from tfcheck.hcl.source import SourceText


def parse_range(source: SourceText, start: int, end: int) -> Expression:
    """Parse the expression between two offsets of a file; what cannot be parsed is an `Unreadable`."""
    return Unreadable("not built yet", source.place(start))


def parse(text: str, place: Place) -> Expression:
    """Parse the text of an expression that begins at `place`; what cannot be parsed is an `Unreadable`."""
    return parse_range(SourceText(place.file, text, place.line), 0, len(text))


def parse_template(text: str, place: Place) -> Template | Unreadable:
    """Parse a template file; what cannot be parsed is an `Unreadable`."""
    return Unreadable("not built yet", place)


def reference_text(expression: Expression) -> str:
    """Write a reference as the sources do; the empty string where it is none."""
    return ""
