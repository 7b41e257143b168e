"""Remove the alignment of `=` around a line whose value will span several lines, as `terraform fmt` does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tfcheck.fix.edits.files import harmless
from tfcheck.fix.edits.insertion import Replacement, indentation, line_end, line_start
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex

_NAMED = regex(r'[ \t]*("?[\w-]+"?) +=(?!=)')


def unalign(source: SourceText, offset: int) -> list[Replacement] | None:
    """Remove the alignment around a line whose value will span several lines; None if no diff may show these lines."""
    edits, text = list(_blanks_around(source, offset)), source.text
    return (
        edits
        if all(harmless(text[line_start(text, each.offset) : line_end(text, each.offset)]) for each in edits)
        else None
    )


def _blanks_around(source: SourceText, offset: int) -> Iterator[Replacement]:
    text = source.text
    own = line_start(text, offset)
    named = _NAMED.match(text, own)
    if named is None:
        return
    column = named.end() - own
    for step in (-1, 1):
        group = list(_aligned_lines(text, own, step, (indentation(text, own), column)))
        width = max((len(each[1]) for each in group), default=0)
        for each in group:
            first = each.end(1) + width - len(each[1]) + 1
            yield from without_blanks(source, first, each.end() - 1)
    yield from without_blanks(source, named.end(1) + 1, named.end() - 1)


def _aligned_lines(text: str, own: int, step: int, like: tuple[str, int]) -> Iterator[re.Match[str]]:
    """Yield the lines around one whose values are aligned with its own."""
    at = own
    while True:
        if (step < 0 and at == 0) or (step > 0 and text.find("\n", at) < 0):
            return
        at = line_start(text, at - 1) if step < 0 else text.find("\n", at) + 1
        found = _NAMED.match(text, at)
        if found is None or (indentation(text, at), found.end() - at) != like:
            return
        yield found


def without_blanks(source: SourceText, start: int, end: int) -> Iterator[Replacement]:
    """Remove the text between two offsets if it is blank."""
    if source.text[start:end].isspace():
        yield Replacement(source, start, "", source.text[start:end])
