"""Render a report for a pull request, or as the summary of a job.

The title is the summary. What the change does comes first, then a sentence says what breaks, and a table has one row
for each missing permission. All the rest is folded: why, what fixes it, what is not decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfcheck.report.markdown import budget, change, fold, rest, top
from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.page import Content, Page, TargetedFinding, content
from tfcheck.report.markdown.table import table
from tfcheck.report.words import counted
from tfcheck.vocabulary.finding import Report

_ROWS_OF_COMMENT = 30
_ROWS_OF_SUMMARY = 1000
_PICTURES = 3


def markdown(reports: Sequence[Report], page: Page | None = None, *, size: int = budget.COMMENT) -> str:
    """Write a comment about one or more reports, in at most `size` bytes, with the marker on its first line."""
    page = page or Page()
    told = content(reports, page)
    return budget.page(_parts(told, page, _ROWS_OF_COMMENT, marked=True), size, "the job summary")


def summary(reports: Sequence[Report], page: Page | None = None, *, size: int = budget.SUMMARY) -> str:
    """Write the summary of a job: the same as a comment, without the marker and with room for more."""
    page = page or Page()
    return budget.page(_parts(content(reports, page), page, _ROWS_OF_SUMMARY, marked=False), size, "the JSON report")


def _parts(told: Content, page: Page, rows: int, *, marked: bool) -> Iterator[PagePart]:
    marker = f"{top.mark(told, page)}\n" if marked else ""
    yield PagePart(f"{marker}{top.title(told, page)}", PartKind.KEPT)
    yield from change.changes(told, rows)
    yield from (PagePart(line, PartKind.KEPT) for line in top.lead(told, page))
    now = [each for each in told.findings if each.finding.change != "existing"]
    existing = [each for each in told.findings if each.finding.change == "existing"]
    yield from table(now, told.waiting, told, page, rows)
    yield from _folds(now[:rows], page, first=0, pictures=_PICTURES)
    if existing:
        title = f"{counted(len(existing), 'finding')} from before this change"
        yield PagePart(f"<details><summary>{title}</summary>", PartKind.KEPT)
        yield from table(existing, (), told, page, rows)
        yield from _folds(existing[:rows], page, first=len(now), pictures=0)
        yield PagePart("</details>", PartKind.KEPT)
    yield from rest.unread(told)
    yield from rest.skipped(told)
    yield from rest.undecided(told.waiting)
    yield from rest.optional(told)
    yield from rest.allowed(told)
    yield from rest.notes(told)
    yield budget.LEFT_OUT
    yield PagePart(top.footer(told, page), PartKind.KEPT)


def _folds(findings: list[TargetedFinding], page: Page, first: int, pictures: int) -> Iterator[PagePart]:
    """Write for each finding why it is so and what fixes it; two that one change fixes show it once."""
    worst = min((each.finding.severity.rank for each in findings), default=0)
    fixes = [each.finding.fix for each in findings]
    opened = len({fix.diff or fix.hcl for fix in fixes if fix}) == 1
    shown: set[str] = set()
    for number, each in enumerate(findings, first):
        drawn = number - first < pictures and each.finding.severity.rank == worst
        yield from fold.evidence(each, number, page, drawn=drawn)
        fix = each.finding.fix
        if fix and (fix.diff or fix.hcl) not in shown:
            shown.add(fix.diff or fix.hcl)
            yield from fold.suggestion(fix, number, opened=opened)
