"""Parse a unified diff into the lines that it inserts and replaces.

Follows https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html. Diffs that create or delete a
file, or concern the newline at its end, are not read.
"""

from __future__ import annotations

import posixpath
import re
from bisect import insort
from collections.abc import Iterable, Iterator
from itertools import pairwise

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


class Hunk(msgspec.Struct, frozen=True):
    """A part of a diff: the lines of the file that it shows, from `line`, and the edits among them."""

    file: str
    line: int
    old: list[str]
    edits: list[Edit]
    needs_option: bool

    @property
    def end(self) -> int:
        """The line after those that it shows."""
        return self.line + len(self.old)

    def join(self, other: Hunk) -> Hunk | None:
        """Return the hunk with the edits of both, these before the other's at one line; None if they exclude it."""
        line, old = self.line, dict(enumerate(self.old, self.line))
        later = dict(enumerate(other.old, other.line))
        found = sorted(dict.fromkeys((*self.edits, *other.edits)), key=lambda each: (each.line, bool(each.old)))
        apart = all(one.line + len(one.old) <= two.line for one, two in pairwise(found))
        if not apart or any(old[number] != later[number] for number in old.keys() & later.keys()):
            return None
        lines = dict(sorted((old | later).items()))
        needs_option = self.needs_option or other.needs_option
        return Hunk(self.file, min(line, other.line), list(lines.values()), found, needs_option)

    def rows(self) -> Iterator[str]:
        """Yield the lines of the diff, without newlines."""
        position = 0
        for each in self.edits:
            start = each.line - self.line
            yield from (f" {text}" for text in self.old[position:start])
            yield from (f"-{text}" for text in each.old)
            yield from (f"+{text}" for text in each.new)
            position = start + len(each.old)
        yield from (f" {text}" for text in self.old[position:])


class _OtherDiffError(Exception):
    """The diff does something else, or cannot be parsed."""


def edits(diff: str) -> tuple[Edit, ...]:
    """Parse the edits of a diff; none if it cannot be parsed or leads outside the repository."""
    return tuple(edit for hunk in hunks(diff) for edit in hunk.edits)


def hunks(diff: str) -> tuple[Hunk, ...]:
    """Parse the hunks of a diff; none if it cannot be parsed or leads outside the repository."""
    try:
        return tuple(_files(iter(diff.split("\n"))))
    except _OtherDiffError:
        return ()


def _files(rows: Iterator[str]) -> Iterator[Hunk]:
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
            hunk = _hunk(rows, file, start if old else start + 1, old, new)
            yield msgspec.structs.replace(hunk, needs_option=needs_unidiff_zero(row))


def _hunk(rows: Iterator[str], file: str, line: int, old: int, new: int) -> Hunk:
    """Parse one hunk of `old` lines before and `new` after the change, beginning at `line`."""
    hunk = Hunk(file, line, [], [], needs_option=False)
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


def join_diffs(diffs: Iterable[str]) -> str:
    """Write diffs as one with all their edits, those of the first before others at one line.

    Empty if they change the same lines differently, or one cannot be parsed.
    """
    by_file: dict[str, list[Hunk]] = {}
    for diff in diffs:
        found = hunks(diff) if "\n\\ " not in diff else ()
        if not all([found, *(_add_hunk(by_file.setdefault(each.file, []), each) for each in found)]):
            return ""
    return "".join(_file_diff(file, several) for file, several in sorted(by_file.items()))


def _add_hunk(joined: list[Hunk], hunk: Hunk) -> bool:
    """Add a hunk to those of a file, joined with those whose lines it touches, and return whether that is possible."""
    for each in [each for each in joined if each.line <= hunk.end and hunk.line <= each.end]:
        joined.remove(each)
        together = each.join(hunk)
        if together is None:
            return False
        hunk = together
    insort(joined, hunk, key=lambda each: each.line)
    return True


def _file_diff(file: str, joined: Iterable[Hunk]) -> str:
    written, grown = file_head(f"a/{file}", f"b/{file}"), 0
    for each in joined:
        rows = list(each.rows())
        added = sum(not row.startswith("-") for row in rows)
        written += hunk_head(each.line - 1, len(each.old), grown, added, needs_option=each.needs_option)
        written += "".join(f"{row}\n" for row in rows)
        grown += added - len(each.old)
    return written


def file_head(old: str, new: str) -> str:
    """Write the lines before the hunks of a file, whose two names are quoted where git needs it."""
    tab = "\t" if " " in new else ""
    return f"diff --git {old} {new}\n--- {old}{tab}\n+++ {new}{tab}\n"


def hunk_head(first: int, old: int, grown: int, new: int, *, needs_option: bool) -> str:
    """Write the head of a hunk of `old` lines from index `first`, for which `new` ones are there `grown` lower."""
    mark = f" {UNIDIFF_ZERO}" if needs_option else ""
    return f"@@ -{_range(first, old)} +{_range(first + grown, new)} @@{mark}\n"


def _range(first: int, count: int) -> str:
    if count == 0:
        return f"{first},0"
    return f"{first + 1}" if count == 1 else f"{first + 1},{count}"


def needs_unidiff_zero(diff: str) -> bool:
    """Whether `git apply` accepts a diff only with `--unidiff-zero`."""
    return any(row.startswith("@@ ") and row.endswith(UNIDIFF_ZERO) for row in diff.split("\n"))


#: How to make a change that `git apply` refuses after an earlier one of the page.
OVERLAPPING = (
    "A change above alters lines shown here, so `git apply` accepts only one of the two: `tfcheck fix` joins them."
)

_HEADS = ("diff --git ", "--- ", "+++ ", "@@ ", "\\ ")
_TOKEN = regex(
    r'(?P<comment>#.*|//.*)|(?P<text>"(?:[^"\\]++|\\.)*+")|(?P<name>(?<![\w-])[\w-]++(?=\s*=[^=>]))'
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
