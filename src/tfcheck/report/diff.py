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


class _Hunk(msgspec.Struct, frozen=True):
    """A part of a diff: the lines of the file that it shows, from `line`, and the edits among them."""

    file: str
    line: int
    old: list[str]
    edits: list[Edit]


class _OtherDiffError(Exception):
    """The diff does something else, or cannot be parsed."""


def edits(diff: str) -> tuple[Edit, ...]:
    """Parse the edits of a diff; none if it cannot be parsed or leads outside the repository."""
    return tuple(edit for hunk in _hunks(diff) for edit in hunk.edits)


def _hunks(diff: str) -> tuple[_Hunk, ...]:
    try:
        return tuple(_files(iter(diff.split("\n"))))
    except _OtherDiffError:
        return ()


def _files(rows: Iterator[str]) -> Iterator[_Hunk]:
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
            yield _hunk(rows, file, start if old else start + 1, old, new)


def _hunk(rows: Iterator[str], file: str, line: int, old: int, new: int) -> _Hunk:
    """Parse one hunk of `old` lines before and `new` after the change, beginning at `line`."""
    hunk = _Hunk(file, line, [], [])
    removed: list[str] = []
    added: list[str] = []
    while old > 0 or new > 0:
        row = next(rows, None)
        mark, text = (row[:1] or " ", row[1:]) if row is not None else ("", "")
        if mark not in (" ", "-", "+"):
            raise _OtherDiffError
        if (mark == " " or (mark == "-" and added)) and (removed or added):
            hunk.edits.append(Edit(file, line - len(removed), tuple(removed), tuple(added)))
            removed, added = [], []
        if mark != " ":
            (removed if mark == "-" else added).append(text)
        if mark != "+":
            hunk.old.append(text)
        line, old, new = line + (mark != "+"), old - (mark != "+"), new - (mark != "-")
    if removed or added:
        hunk.edits.append(Edit(file, line - len(removed), tuple(removed), tuple(added)))
    return hunk


class Patches:
    """The diffs of a page, which a reader may apply one after the other in its order."""

    def __init__(self) -> None:
        self._removed: dict[str, set[int]] = {}
        self._added: dict[str, dict[int, tuple[str, ...]]] = {}

    def add(self, diff: str) -> bool:
        """Add the next diff, and return whether `git apply` accepts it after the earlier ones."""
        found = _hunks(diff)
        accepted = all(map(self._accepts, found))
        for each in (edit for hunk in found for edit in hunk.edits):
            self._removed.setdefault(each.file, set()).update(range(each.line, each.line + len(each.old)))
            added = self._added.setdefault(each.file, {})
            added[each.line] = (*each.new, *added.get(each.line, ()))
        return accepted

    def _accepts(self, hunk: _Hunk) -> bool:
        """Whether the lines that a hunk shows are still together; without any it would go to its line's number."""
        if hunk.file not in self._added:
            return True
        removed, added = self._removed[hunk.file], self._added[hunk.file]
        now: list[str] = []
        for number, text in enumerate(hunk.old, hunk.line):
            now += added.get(number, ()) if number > hunk.line else ()
            now += [text] if number not in removed else []
        places = range(len(now) - len(hunk.old) + 1)
        return bool(hunk.old) and any(now[each : each + len(hunk.old)] == hunk.old for each in places)


def needs_unidiff_zero(diff: str) -> bool:
    """Whether `git apply` accepts a diff only with `--unidiff-zero`."""
    return any(row.startswith("@@ ") and row.endswith(UNIDIFF_ZERO) for row in diff.split("\n"))


#: How to make a change that `git apply` refuses after an earlier one of the page.
OVERLAPPING = (
    "A change above alters lines shown here, so `git apply` accepts only one of the two: `tfcheck fix` joins them."
)

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
