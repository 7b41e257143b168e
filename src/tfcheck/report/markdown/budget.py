"""Leave out the least important parts of a page that would be too long.

GitHub refuses a comment of more than 65,536 characters, and drops a whole job summary of more than 1 MiB. Only whole
parts are left out, so that no fence, list or fold is ever cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from tfcheck.report.words import plural

#: In bytes of UTF-8, below GitHub's limits.
COMMENT = 60_000
SUMMARY = 900 * 1024


class PartKind(IntEnum):
    """The kind of a part, the first to be left out first. What is KEPT must be short."""

    ALLOWED = 0
    DIAGRAM = 1
    NOTES = 2
    OPEN_QUESTIONS = 3
    EVIDENCE_OF_WARNING = 4
    EVIDENCE_OF_ERROR = 5
    DIFF = 6
    ACCESS = 7
    SKIPPED = 8
    ROW = 9
    CHANGE = 10
    LEFT_OUT = 11
    KEPT = 12


class PagePart(msgspec.Struct, frozen=True):
    """Lines of Markdown that are kept or left out together.

    Parts of one kind with the same `fold` are left out together: the two ends of a fold. Rows follow one another
    directly, other parts after an empty line.
    """

    text: str
    kind: PartKind
    fold: int | None = None


#: The position of the line about omitted parts.
LEFT_OUT = PagePart("", PartKind.LEFT_OUT)


def page(parts: Iterable[PagePart], budget: int, elsewhere: str) -> str:
    """Join parts into a page of at most `budget` bytes; `elsewhere` is where everything can be read.

    Raises:
        ValueError: the parts that are always kept are too long by themselves.
    """
    parts = list(parts)
    gone, left_out = _parts_to_leave_out(parts, budget, len(_left_out(len(parts), elsewhere).encode()))
    left = [part for number, part in enumerate(parts) if number not in gone]
    note = [PagePart(_left_out(left_out, elsewhere), PartKind.KEPT)] if left_out else []
    written = _join(each for part in left for each in (note if part.kind is PartKind.LEFT_OUT else [part]))
    if len(written.encode()) > budget:
        raise ValueError("what must stay does not fit")
    return written


def _parts_to_leave_out(parts: list[PagePart], budget: int, note: int) -> tuple[set[int], int]:
    """Return the parts to leave out, and the number of units in them."""
    sizes = [len(part.text.encode()) + 2 for part in parts]
    total = sum(sizes)
    gone: set[int] = set()
    units = 0
    for unit in _drop_order(parts, sizes):
        if total + (note if gone else 0) <= budget:
            break
        gone.update(unit)
        units += 1
        total -= sum(sizes[number] for number in unit)
    return gone, units


def _drop_order(parts: list[PagePart], sizes: list[int]) -> list[list[int]]:
    """Return the groups of parts to leave out together, in order of kind.

    The largest diff first, otherwise the last.
    """
    units: dict[tuple[PartKind, int], list[int]] = {}
    for number, part in enumerate(parts):
        if part.kind < PartKind.LEFT_OUT:
            units.setdefault((part.kind, -1 - number if part.fold is None else part.fold), []).append(number)

    def when(unit: list[int]) -> tuple[int, int, int]:
        kind = parts[unit[0]].kind
        return kind, -sum(sizes[number] for number in unit) if kind is PartKind.DIFF else 0, -unit[0]

    return sorted(units.values(), key=when)


def _left_out(number: int, elsewhere: str) -> str:
    return f"{plural(number, 'section')} left out: see {elsewhere}."


def _join(parts: Iterable[PagePart]) -> str:
    written: list[str] = []
    before: PagePart | None = None
    for part in parts:
        if before is not None:
            written.append("\n" if part.kind is before.kind is PartKind.ROW else "\n\n")
        written.append(part.text)
        before = part
    return "".join((*written, "\n"))
