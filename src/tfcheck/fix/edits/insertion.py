"""Insertions into the user's text, replacements in it, and the text that results.

A change is a list of insertions into the text as it stands, so that line ends, tabs, comments and everything else
around them stay byte for byte. A replacement is an insertion that names the text that it takes away: it corrects a
literal, or removes a statement that goes elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec


class Insertion(msgspec.Struct, frozen=True):
    """`text` goes into the file called `file`, before the character at `offset`."""

    file: str
    offset: int
    text: str

    @property
    def end(self) -> int:
        """The offset behind what is taken away."""
        return self.offset


class Replacement(Insertion, frozen=True):
    """`old`, which begins at `offset`, becomes `text`; it is removed where that is empty."""

    old: str

    @property
    def end(self) -> int:
        """The offset behind what is taken away."""
        return self.offset + len(self.old)


def by_file(insertions: Iterable[Insertion]) -> dict[str, tuple[Insertion, ...]]:
    """Sort insertions by file and offset; equal ones are made once, several at one place in the order given."""
    found: dict[str, list[Insertion]] = {}
    for each in dict.fromkeys(insertions):
        found.setdefault(each.file, []).append(each)
    return {file: tuple(sorted(several, key=lambda each: (each.offset, each.end))) for file, several in found.items()}


def fits(text: str, insertions: Sequence[Insertion]) -> bool:
    """Whether a text has what is replaced in it, and no change touches what another one takes away."""
    position = 0
    for each in insertions:
        if each.offset < position or (isinstance(each, Replacement) and text[each.offset : each.end] != each.old):
            return False
        position = each.end
    return True


def spliced(text: str, insertions: Sequence[Insertion]) -> str:
    """Return `text` with insertions made, which are sorted by offset."""
    parts: list[str] = []
    position = 0
    for each in insertions:
        parts += [text[position : each.offset], each.text]
        position = each.end
    return "".join([*parts, text[position:]])


def line_start(text: str, offset: int) -> int:
    """Find where the line that holds `offset` begins."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Find where the line that holds `offset` ends, before its line end of one or two characters."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def indentation(text: str, offset: int) -> str:
    """Return the blanks that the line with `offset` begins with."""
    start = line_start(text, offset)
    line = text[start : line_end(text, start)]
    return line[: len(line) - len(line.lstrip(" \t"))]
