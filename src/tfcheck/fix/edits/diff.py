"""Render a change as a diff that `git apply` accepts.

Follows the format of git (https://git-scm.com/docs/diff-format). The hunks are built from the insertions themselves:
comparing the texts again could only find another, less telling way from one to the other. Three lines around a change
are shown, and only those that are allowed; a diff that shows too few for `git apply` needs `--unidiff-zero`. If these
lines occur elsewhere in the file, more lines before them are shown: after another change `git apply` would take the
nearest ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

import msgspec
from msgspec.structs import replace

from tfcheck.fix.edits.insertion import Insertion, apply_insertions
from tfcheck.report.diff import file_head, hunk_head
from tfcheck.vocabulary.grouping import group_by_key

_CONTEXT = 3
#: A line that occurs more often identifies no place.
_MOST_ALIKE = 50
_NO_NEWLINE = "\\ No newline at end of file\n"
_ESCAPES = {"#": "\\043", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"}


class _Change(msgspec.Struct, frozen=True):
    """The lines from `start` to `end` are replaced by `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]


class Lines:
    """The lines of a text with their ends, split once for all diffs."""

    def __init__(self, text: str) -> None:
        self.all = _lines(text)
        self.starts = list(accumulate((len(line) for line in self.all), initial=0))

    def may_show(self, number: int) -> bool:
        """Whether a diff may show an unchanged line."""
        return True

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        return group_by_key((line, number) for number, line in enumerate(self.all))

    def occur_once(self, first: int, last: int) -> bool:
        """Whether the lines from `first` to `last` occur nowhere else in the text; False if they are very common."""
        block = self.all[first:last]
        numbered = ((self._places[line], number) for number, line in enumerate(block))
        places, number = min(numbered, key=lambda each: len(each[0]), default=([], 0))
        found = (self.all[place - number : place - number + len(block)] for place in places)
        return len(places) <= _MOST_ALIKE and sum(each == block for each in found) <= 1

    def line_at(self, offset: int) -> int:
        """Return the index of the line at `offset`; after the last newline it is a new line."""
        number = bisect_right(self.starts, offset) - 1
        if number == len(self.all) and self.all and not self.all[-1].endswith("\n"):
            return number - 1
        return number


def diff(path: str, lines: Lines, insertions: Sequence[Insertion]) -> str:
    """Write the diff of one file; `path` is relative to the repository's root.

    Lines keep their ends, including carriage returns. Offsets count characters of the text.
    """
    hunks = "".join(_hunk(lines, group, before) for group, before in _groups(lines, line_changes(lines, insertions)))
    return file_head(_quote("a/" + path), _quote("b/" + path)) + hunks if hunks else ""


def _quote(path: str) -> str:
    """Quote a path as git does if it contains quotes, backslashes, unprintable bytes, or what a job would obey."""
    if all(char.isascii() and char.isprintable() and char not in '"\\' for char in path) and "##" not in path:
        return path
    return '"' + "".join(_escape(char) for char in path) + '"'


def _escape(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isascii() and char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))


def _lines(text: str) -> list[str]:
    """Split at line feeds only, unlike `str.splitlines`, and keep them."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def line_changes(lines: Lines, insertions: Sequence[Insertion]) -> Iterator[_Change]:
    """Yield the changes in order, consecutive ones merged."""
    last: _Change | None = None
    for each in _single_changes(lines, insertions):
        if last is not None and last.end == each.start and last.start < last.end and each.start < each.end:
            last = _Change(last.start, each.end, (*last.lines, *each.lines))
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last


def _single_changes(lines: Lines, insertions: Sequence[Insertion]) -> Iterator[_Change]:
    for first, last, several in _group_by_lines(lines, insertions):
        if first == len(lines.all):
            yield _Change(first, first, tuple(_lines("".join(each.text for each in several))))
        else:
            start = lines.starts[first]
            moved = [replace(each, offset=each.offset - start) for each in several]
            old = lines.all[first : last + 1]
            yield _trim(first, old, _lines(apply_insertions("".join(old), moved)))


def _group_by_lines(lines: Lines, insertions: Sequence[Insertion]) -> Iterator[tuple[int, int, list[Insertion]]]:
    first = last = -1
    several: list[Insertion] = []
    for each in insertions:
        start, end = lines.line_at(each.offset), lines.line_at(max(each.end - 1, each.offset))
        if several and start > last:
            yield first, last, several
            several = []
        first, last = first if several else start, max(last, end)
        several.append(each)
    if several:
        yield first, last, several


def _trim(number: int, old: list[str], lines: list[str]) -> _Change:
    """Remove the unchanged lines at the beginning and the end of a change."""
    if len(old) == 1 and lines:
        line = old[0]
        if lines[0] == line:
            return _Change(number + 1, number + 1, tuple(lines[1:]))
        ends_anew = lines[0].removesuffix("\n").removesuffix("\r") == line
        if lines[-1] == line and not ends_anew:
            return _Change(number, number, tuple(lines[:-1]))
        return _Change(number, number + 1, tuple(lines))
    end = number + len(old)
    while old and lines and old[0] == lines[0]:
        old, lines, number = old[1:], lines[1:], number + 1
    while old and lines and old[-1] == lines[-1]:
        old, lines, end = old[:-1], lines[:-1], end - 1
    return _Change(number, end, tuple(lines))


def _groups(lines: Lines, changes: Iterator[_Change]) -> Iterator[tuple[list[_Change], int]]:
    """Group changes whose context would overlap, each group with the number of lines added before it."""
    group: list[_Change] = []
    grown = growing = 0
    for each in changes:
        change = _move_up(lines, each, group[-1].end if group else 0)
        if group and _first_shown(lines, change) > _last_shown(lines, group[-1]):
            yield group, grown
            group, grown = [], growing
        group.append(change)
        growing += len(change.lines) - (change.end - change.start)
    if group:
        yield group, grown


def _first_shown(lines: Lines, change: _Change) -> int:
    """Return the first line to show with a change: three before it, or so many that they occur once, if possible."""
    first, last = change.start, _last_shown(lines, change)
    while first > max(change.start - _CONTEXT, 0) and lines.may_show(first - 1):
        first -= 1
    enough = first
    while not lines.occur_once(enough, last):
        if not enough or not lines.may_show(enough - 1):
            return first
        enough -= 1
    return enough


def _last_shown(lines: Lines, change: _Change) -> int:
    last = change.end
    while last < min(change.end + _CONTEXT, len(lines.all)) and lines.may_show(last):
        last += 1
    return last


def _hunk(lines: Lines, changes: list[_Change], grown: int) -> str:
    first, last = _first_shown(lines, changes[0]), _last_shown(lines, changes[-1])
    body: list[str] = []
    position = first
    for change in changes:
        body += [" " + line for line in lines.all[position : change.start]]
        body += ["-" + line for line in lines.all[change.start : change.end]]
        body += ["+" + line for line in change.lines]
        position = change.end
    body += [" " + line for line in lines.all[position:last]]
    removed = last - first
    added = removed + sum(len(each.lines) - (each.end - each.start) for each in changes)
    # NOTE: git assumes that a hunk without a context line at its end is at the end of the file, and a hunk
    # without any old line after the first line of a file at its beginning.
    needs_option = last == changes[-1].end < len(lines.all) or (first, removed) == (1, 0)
    head = hunk_head(first, removed, grown, added, needs_option=needs_option)
    return head + "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in body)


def _move_up(lines: Lines, change: _Change, least: int) -> _Change:
    """Move inserted lines up before identical ones if no line after them may be shown."""
    before = change.start - 1
    is_followed = change.end == len(lines.all) or lines.may_show(change.end)
    if is_followed or change.start != change.end or before < least or not lines.may_show(before):
        return change
    line = lines.all[before]
    return change if change.lines[-1] != line else _Change(before, before, (line, *change.lines[:-1]))
