"""Which lines does a unified diff insert where?

Follows https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html. Only diffs that do nothing but
insert are read, since only these are suggested.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

_FILE = re.compile(r"\+\+\+ b/([^\t\r]+)(?:[\t\r].*)?")
_HUNK = re.compile(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+[0-9]{1,9}(?:,([0-9]{1,9}))? @@.*", re.DOTALL)


class Insertion(msgspec.Struct, frozen=True):
    """Text that comes before line `line` of a file, counted from 1; `file` starts at the top of the repository."""

    file: str
    line: int
    text: str


class _OtherDiffError(Exception):
    """The diff does something else, or cannot be read."""


def insertions(diff: str) -> tuple[Insertion, ...]:
    """Read what a diff inserts; nothing where it does anything else or leads out of the repository."""
    try:
        return tuple(_files(iter(diff.split("\n"))))
    except _OtherDiffError:
        return ()


def _files(rows: Iterator[str]) -> Iterator[Insertion]:
    file = ""
    for row in rows:
        if row.startswith("+++ "):
            file = _path(row)
        elif found := _HUNK.fullmatch(row):
            start, old, new = int(found[1]), int(found[2] or 1), int(found[3] or 1)
            yield from _hunk(rows, file, start if old else start + 1, old, new)


def _path(row: str) -> str:
    found = _FILE.fullmatch(row)
    path = posixpath.normpath(found[1]) if found else ".."
    if path.startswith(("/", "..")) or path == ".":
        raise _OtherDiffError
    return path


def _hunk(rows: Iterator[str], file: str, line: int, old: int, new: int) -> Iterator[Insertion]:
    """Read one hunk of `old` lines before and `new` after the change, which begins at `line`."""
    text = ""
    while old > 0 or new > 0:
        row = next(rows, None)
        if row is not None and row.startswith("+"):
            text += f"{row[1:]}\n"
            new -= 1
        elif row is not None and row[:1] in (" ", ""):
            if text:
                yield Insertion(file, line, text)
            text = ""
            line, old, new = line + 1, old - 1, new - 1
        else:
            raise _OtherDiffError
    if text:
        yield Insertion(file, line, text)
