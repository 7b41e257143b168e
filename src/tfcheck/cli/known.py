"""Leave out of reports what a baseline lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from tfcheck.analysis.session import Checked
from tfcheck.vocabulary.finding import Report

LeavingOut: TypeAlias = Callable[[Sequence[Report]], list[Report]]


def leaving_out(file: str | None) -> LeavingOut:
    """Read a baseline, None for none, and return what leaves out of reports what it lists.

    Raises:
        InputError: it cannot be read, or is not a baseline.
    """
    if not file:
        return list
    from tfcheck.analysis.baseline import compared
    from tfcheck.analysis.baseline_file import read

    known = read(file)
    return lambda reports: compared(reports, known)


def each_left_out(found: Sequence[Checked], leave_out: LeavingOut) -> list[Checked]:
    """Return checked reports without what a baseline lists."""
    reports = leave_out([each.report for each in found])
    return [msgspec.structs.replace(each, report=report) for each, report in zip(found, reports, strict=True)]
