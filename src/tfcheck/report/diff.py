"""Parse a unified diff into the lines that it inserts and replaces.

Follows https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html. Diffs that create or delete a
file, or concern the newline at its end, are not read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from tfcheck.report.screen import Line, Span, SpanStyle, line, render_lines
from tfcheck.symbolic.regex import regex

_FILE = regex(r"\+\+\+ b/([^\t\r]+)(?:[\t\r].*)?")
_HUNK = regex(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+[0-9]{1,9}(?:,([0-9]{1,9}))? @@.*", re.DOTALL)
#: The head of a hunk without a line after the change.
UNIDIFF_ZERO = "apply with --unidiff-zero"


class Edit(msgspec.Struct, frozen=True):
    """The lines of a file, from `line`, that a diff removes, and those that it adds; without newlines.

    If nothing is removed, the new lines come before line `line`.
    """

    file: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


class _OtherDiffError(Exception):
    """The diff does something else, or cannot be parsed."""


def edits(diff: str) -> tuple[Edit, ...]:
    """Parse the edits of a diff; none if it cannot be parsed or leads outside the repository."""
    try:
        return tuple(_files(iter(diff.split("\n"))))
    except _OtherDiffError:
        return ()


def _files(rows: Iterator[str]) -> Iterator[Edit]:
    file = ""
    for row in rows:
        if row.startswith("+++ "):
            named = _FILE.fullmatch(row)
            path = posixpath.normpath(named[1]) if named else ".."
            if path.startswith(("/", "..")) or path == ".":
                raise _OtherDiffError
            file = path
        elif found := _HUNK.fullmatch(row):
            start, old, new = int(found[1]), int(found[2] or 1), int(found[3] or 1)
            yield from _hunk(rows, file, start if old else start + 1, old, new)


def _hunk(rows: Iterator[str], file: str, line: int, old: int, new: int) -> Iterator[Edit]:
    """Parse one hunk of `old` lines before and `new` after the change, beginning at `line`."""
    removed: list[str] = []
    added: list[str] = []
    while old > 0 or new > 0:
        row = next(rows, None)
        mark, text = (row[:1] or " ", row[1:]) if row is not None else ("", "")
        if mark not in (" ", "-", "+"):
            raise _OtherDiffError
        if (mark == " " or (mark == "-" and added)) and (removed or added):
            yield Edit(file, line - len(removed), tuple(removed), tuple(added))
            removed, added = [], []
        if mark != " ":
            (removed if mark == "-" else added).append(text)
        line, old, new = line + (mark != "+"), old - (mark != "+"), new - (mark != "-")
    if removed or added:
        yield Edit(file, line - len(removed), tuple(removed), tuple(added))


def needs_unidiff_zero(diff: str) -> bool:
    """Whether `git apply` accepts a diff only with `--unidiff-zero`."""
    return any(row.startswith("@@ ") and row.endswith(UNIDIFF_ZERO) for row in diff.split("\n"))


_HEADS = ("diff --git ", "--- ", "+++ ", "@@ ", "\\ ")
_TOKEN = regex(
    r'(?P<comment>#.*|//.*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>[\w-]+(?=\s*=[^=>]))'
    r"|(?P<block>^\s*(?:resource|data|module|statement|principals|condition)\b)"
)
_LOOKS = {"comment": SpanStyle.QUIET, "text": SpanStyle.GOOD, "name": SpanStyle.INFO, "block": SpanStyle.STRONG}


def diff_text(diff: str) -> str:
    """Return a diff in colour: added lines by their meaning, context unchanged."""
    return render_lines((_coloured_line(each) for each in diff.removesuffix("\n").split("\n")), colour=True)


def _coloured_line(written: str) -> Line:
    written = written.removesuffix("\r").replace("\t", "    ")
    if written.startswith(_HEADS):
        return line(Span(written, SpanStyle.MARK if written.startswith("@@") else SpanStyle.STRONG))
    if written.startswith("-"):
        return line(Span(written, SpanStyle.ERROR))
    if written.startswith("+"):
        return (Span("+", SpanStyle.GOOD), *_tokens(written[1:]))
    return line(written)


def _tokens(code: str) -> Iterator[Span]:
    position = 0
    for token in _TOKEN.finditer(code):
        if token.start() > position:
            yield Span(code[position : token.start()])
        yield Span(token[0], _LOOKS[token.lastgroup or "text"])
        position = token.end()
    yield Span(code[position:])
