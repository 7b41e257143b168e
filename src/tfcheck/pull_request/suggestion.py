"""Turn fixes into suggestions on the lines of a pull request.

GitHub accepts a suggestion only on lines that the pull request's diff shows, so most changes stay in the comment.
Follows https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from tfcheck.pull_request.shapes import ChangedFile
from tfcheck.report.diff import Edit, hunks
from tfcheck.report.safe_text import is_visible
from tfcheck.symbolic.regex import regex

_HUNK = regex(r"@@ -\d+(?:,\d+)? \+(\d{1,9})(?:,\d+)? @@")
_MARKER = regex(
    r"<!-- tfcheck:suggestion:v1 key=(?P<key>[0-9a-f]{16})(?: of=(?P<of>[0-9a-f]{16}(?:\.[0-9a-f]{8})?))?"
    r"(?P<settled> settled)? -->"
)
_LONGEST = 65_536
_LARGEST_FILE = 5_000_000


class DiffLine(msgspec.Struct, frozen=True):
    """A line on the right side of a diff; `is_new`: the diff adds it, `cut`: lines were removed just before it."""

    hunk: int
    text: str
    is_new: bool
    cut: bool


class Suggestion(msgspec.Struct, frozen=True):
    """The lines `old` of `file`, from `start`, become `text`, which ends with a newline or is empty."""

    file: str
    start: int
    old: tuple[str, ...]
    text: str

    @property
    def end(self) -> int:
        """The last line."""
        return self.start + len(self.old) - 1

    def key(self, comment: str) -> str:
        """Return what identifies it among those for one comment id, even if later commits move the lines."""
        return hashlib.sha256("\0".join((comment_key(comment), self.file, self.text)).encode()).hexdigest()[:16]

    def body(self, comment: str, words: str) -> str:
        """Write the comment with the suggestion, `words` first."""
        ticks = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", self.text)), 3)
        marker = SuggestionMarker(self.key(comment), comment)
        return f"{marker}\n{words}\n\n{ticks}suggestion\n{self.text}{ticks}\n"


class SuggestionMarker(msgspec.Struct, frozen=True):
    """The first line of a suggestion's comment: its key, and that of the comment that explains it.

    `settled`: the suggestion is no longer needed, and the comment says so.
    """

    key: str
    of: str
    settled: bool = False

    def __str__(self) -> str:
        return f"<!-- tfcheck:suggestion:v1 key={self.key} of={self.of}{' settled' if self.settled else ''} -->"


def comment_key(comment: str) -> str:
    """Return the part of a comment's identity that comes from its id, which is all that older suggestions name."""
    return comment.partition(".")[0]


def parse_suggestion(body: str) -> SuggestionMarker | None:
    """Parse the marker in a suggestion's comment; None without one."""
    found = _MARKER.match(body)
    return SuggestionMarker(found["key"], found["of"] or "", bool(found["settled"])) if found else None


def suggestions(diff: str, files: Mapping[str, ChangedFile], top: Path) -> tuple[Suggestion, ...]:
    """Return a suggestion with all edits of a change; none if no hunk shows them all."""
    possible = possible_suggestions(diff, files, top)
    shown = shown_lines(files[possible[0].file].patch or "") if possible else {}
    return tuple(each for each in possible if _visible(each, shown))[:1]


def possible_suggestions(diff: str, files: Mapping[str, ChangedFile], top: Path) -> tuple[Suggestion, ...]:
    """Return the ways to suggest all edits of a change, shown by a hunk or not; none if the file is not known.

    `files` are those of the pull request, `top` is the repository's root: a file counts only if it equals the one at
    the head of the pull request, since a checkout may be of a merge commit. Unchanged lines are repeated only if the
    change's own diff shows them: any other one may be a password.
    """
    found = hunks(diff)
    several = [edit for hunk in found for edit in hunk.edits]
    lines = _lines_at_head(files.get(several[0].file), top) if len({each.file for each in several}) == 1 else None
    if lines is None:
        return ()
    harmless = {number for hunk in found for number in range(hunk.line, hunk.end)}
    ways = _ways(_joined_edits(several, lines), lines)
    return tuple(
        each
        for each in ways
        if harmless.issuperset(range(each.start, each.end + 1)) and len(each.text) < _LONGEST and is_visible(each.text)
    )


def _joined_edits(several: Sequence[Edit], lines: list[str]) -> Edit:
    """Join the edits of one file, including the lines between them: a part of a fix would be wrong."""
    if len(several) == 1:
        return several[0]
    first, last = several[0].line, max(each.line + len(each.old) for each in several)
    new: list[str] = []
    position = first
    for each in several:
        new += [*lines[position - 1 : each.line - 1], *each.new]
        position = each.line + len(each.old)
    return Edit(several[0].file, first, tuple(lines[first - 1 : last - 1]), tuple(new))


def overlapping(one: Iterable[Suggestion], other: Iterable[Suggestion]) -> bool:
    """Whether two changes touch the same lines."""
    others = list(other)
    return any(
        each.file == against.file and each.start <= against.end and against.start <= each.end
        for each in one
        for against in others
    )


def _lines_at_head(file: ChangedFile | None, top: Path) -> list[str] | None:
    """Read the file at the head of the pull request; None if it is unavailable or unsuitable."""
    if file is None or file.patch is None or file.status == "removed":
        return None
    data = _content(top, file.filename)
    if data is None or _blob(data) != file.sha or b"\r" in data:  # GitHub may change line ends
        return None
    try:
        return data.decode().split("\n")
    except UnicodeDecodeError:
        return None


def _content(top: Path, name: str) -> bytes | None:
    try:
        path = (top / name).resolve()
        inside = path.is_relative_to(top.resolve())
        return path.read_bytes() if inside and path.stat().st_size <= _LARGEST_FILE else None
    except (OSError, ValueError):
        return None


def _blob(data: bytes) -> str:
    """Return git's object id for the content of a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def shown_lines(patch: str) -> dict[int, DiffLine]:
    """Return the lines on the right side of a diff, by number."""
    shown: dict[int, DiffLine] = {}
    hunk = number = 0
    cut = False
    for row in patch.split("\n"):
        if found := _HUNK.match(row):
            hunk, number, cut = hunk + 1, int(found[1]), False
        elif row.startswith("-"):
            cut = True
        elif row[:1] in (" ", "+") and hunk:
            shown[number] = DiffLine(hunk, row[1:], row[0] == "+", cut)
            number, cut = number + 1, False
    return shown


def added_lines(patch: str) -> frozenset[int]:
    """Return the lines that a diff adds or changes, by new number."""
    return frozenset(number for number, line in shown_lines(patch).items() if line.is_new)


def _ways(edit: Edit, lines: list[str]) -> Iterator[Suggestion]:
    """Yield the ways to express an edit as replaced lines: an insertion includes the line before or after."""
    if edit.old and lines[edit.line - 1 : edit.line - 1 + len(edit.old)] == list(edit.old):
        yield _suggestion(edit.file, edit.line, edit.old, edit.new)
    for anchor in () if edit.old else (edit.line - 1, edit.line):
        if 1 <= anchor <= len(lines):
            line = lines[anchor - 1]
            yield _suggestion(
                edit.file, anchor, (line,), (line, *edit.new) if anchor < edit.line else (*edit.new, line)
            )


def _suggestion(file: str, start: int, old: tuple[str, ...], new: tuple[str, ...]) -> Suggestion:
    return Suggestion(file, start, old, "".join(f"{line}\n" for line in new))


def _visible(suggestion: Suggestion, shown: Mapping[int, DiffLine]) -> bool:
    """Whether GitHub shows the lines in one hunk without removals between them."""
    found = [shown.get(number) for number in range(suggestion.start, suggestion.end + 1)]
    texts = tuple(each.text if each else None for each in found)
    whole = not any(each is None or each.cut for each in found[1:])
    return texts == suggestion.old and whole and len({each.hunk for each in found if each}) == 1
