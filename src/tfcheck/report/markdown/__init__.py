"""Render a report for a pull request, or as the summary of a job.

The title is the summary. Then comes what the change breaks, and a list with one row for each missing permission,
however many instances of a block lack it. The fixes are below it, the first one open. Everything else is folded: why,
what the change grants, what is undecided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tfcheck.report.causes import fixes, remedies
from tfcheck.report.joined_fixes import ShownChange, join_fixes
from tfcheck.report.markdown import budget, fold, rest, top
from tfcheck.report.markdown import rows as listed
from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import code
from tfcheck.report.markdown.page import Page, PageContent, TargetedCause, content, fixes_in_order, group_by_cause
from tfcheck.report.markdown.rest import edited_choices_parts, newly_waived_parts, waived_rest
from tfcheck.report.words import fixed_words, plural
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Fix, Remedy, Report

_ROWS_OF_COMMENT = 30
_ROWS_OF_SUMMARY = 1000
_PICTURES, _TASKS = 3, 3


def markdown(reports: Sequence[Report], page: Page | None = None, *, size: int = budget.COMMENT) -> str:
    """Write a comment about one or more reports in at most `size` bytes, with the marker on its first line."""
    page = page or Page()
    elsewhere = "the job summary" if page.links and page.links.has_summary else "the JSON report"
    return budget.page(_parts(content(reports, page), page, _ROWS_OF_COMMENT, marked=True), size, elsewhere)


def summary(reports: Sequence[Report], page: Page | None = None, *, size: int = budget.SUMMARY) -> str:
    """Write the summary of a job: like a comment, without the marker and with more room."""
    page = page or Page()
    return budget.page(_parts(content(reports, page), page, _ROWS_OF_SUMMARY, marked=False), size, "the JSON report")


def _parts(found: PageContent, page: Page, rows: int, *, marked: bool) -> Iterator[PagePart]:
    marker = f"{top.mark(found, page)}\n" if marked else ""
    yield PagePart(f"{marker}{top.title(found, page)}", PartKind.KEPT)
    yield from newly_waived_parts(found, page)
    yield from edited_choices_parts(found, page)
    yield from rest.broken(found)
    yield from (PagePart(line, PartKind.KEPT) for line in top.lead(found, page))
    now = group_by_cause(each for each in found.findings if each.finding.change != "existing")
    existing = group_by_cause(each for each in found.findings if each.finding.change == "existing")
    yield from listed.rows(now, found.waiting, found, page, rows)
    changes = join_fixes(fixes_in_order((*now, *existing)), reports=found.reports)
    shown: set[str] = set()
    yield from _folds(now, found, rows, page, changes, shown, first=0, pictures=_PICTURES)
    if existing:
        number = sum(len(each.cause.findings) for each in existing)
        yield PagePart(
            f"<details><summary>{plural(number, 'finding')} from before this change</summary>", PartKind.KEPT
        )
        yield from listed.rows(existing, (), found, page, rows)
        yield from _folds(existing, found, rows, page, changes, shown, first=rows, pictures=0)
        yield PagePart("</details>", PartKind.KEPT)
    if found.known:
        title = f"{plural(len(found.known), 'finding')} in the baseline"
        yield PagePart(f"<details><summary>{title}</summary>", PartKind.KEPT)
        yield from listed.rows(group_by_cause(found.known), (), found, page, rows)
        yield PagePart("</details>", PartKind.KEPT)
    for words in dict.fromkeys(words for report in found.reports for words in fixed_words(report)):
        yield PagePart(words, PartKind.KEPT)
    yield from rest.changes(found, rows)
    yield from waived_rest(found, page)
    yield from rest.unread(found)
    yield from rest.skipped_parts(found)
    yield from rest.undecided_parts(found.waiting)
    yield from rest.optional(found)
    yield from rest.allowed_parts(found)
    yield from rest.notes(found)
    yield budget.LEFT_OUT
    yield PagePart(top.footer(found, page), PartKind.KEPT)


def _folds(
    causes: list[TargetedCause],
    found: PageContent,
    most: int,
    page: Page,
    changes: dict[Fix, ShownChange],
    shown: set[str],
    *,
    first: int,
    pictures: int,
) -> Iterator[PagePart]:
    """Write the fix of each cause, the first one open, and its explanation; a shared fix is shown once."""
    worst = min((each.cause.severity.rank for each in causes), default=0)
    limit = listed.groups_that_fit([[1] * len(each.cause.groups) for each in causes], most)
    groups = [(each, group) for each in causes for group in each.cause.groups[:limit]][:most]
    explained = {id(group) for each in causes for group in listed.unlike_groups(each.cause, most)}
    targets: dict[str, dict[str, None]] = {}
    for each, group in groups if len(found.targets) > 1 else ():
        for fix in fixes(group.findings):
            targets.setdefault(changes[fix].gist, {}).update(dict.fromkeys(each.targets))
    to_do: dict[Remedy, dict[str, None]] = {}
    for _, group in groups:
        for gist in remedies(group.findings):
            to_do.setdefault(gist, {}).update(dict.fromkeys(group.shown))
    asked = Counter(fold.question(group) for _, group in groups if id(group) in explained)
    for number, (each, group) in enumerate(groups, first):
        for fix in fixes(group.findings):
            change = changes[fix]
            if change.gist not in shown:
                opened = not shown and not first
                yield from fold.suggestion(change, number, tuple(targets.get(change.gist, ())), opened=opened)
                shown.add(change.gist)
        for gist, remedy in remedies(group.findings).items():
            if tasks := to_do.pop(gist, ()):
                shown_tasks = few(list(tasks), _TASKS, code)
                yield fold.remedy_part(group.findings[0], remedy, number, shown_tasks if len(groups) > 1 else "")
        if id(group) in explained:
            drawn = number - first < pictures and each.cause.severity.rank == worst
            alike = asked[fold.question(group)] > 1
            yield from fold.evidence(group, each.report, number, page, drawn=drawn, names_resource=alike)
