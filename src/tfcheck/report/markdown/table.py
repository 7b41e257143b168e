"""Render the table of missing permissions, a row each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import code, prose
from tfcheck.report.markdown.page import Content, Page, TargetedFinding, TargetedUnknown
from tfcheck.report.origin import file_path
from tfcheck.report.words import reason_words
from tfcheck.vocabulary.finding import Answer, Finding, Location, Report, Severity

ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}
UNKNOWN_ICON = "❔"
_SHOWN_TARGETS = 3


def table(
    told: Iterable[TargetedFinding], waiting: Iterable[TargetedUnknown], content: Content, page: Page, most: int
) -> Iterator[PagePart]:
    """Write the rows of findings and of what is not decided, at most `most`, and how many more there are."""
    told, waiting = list(told), list(waiting)
    number = sum(max(len(each.finding.answers), 1) for each in told) + len(waiting)
    if not number:
        return
    rows = chain(_finding_rows(told, content, page), _waiting_rows(waiting, content, page))
    what = (
        "Missing permission"
        if all(each.finding.answers for each in told)
        else "Missing permission, or misconfiguration"
    )
    names = ["", what, "On", "Needed by", *(["In"] if len(content.targets) > 1 else [])]
    yield PagePart(f"{_row(names)}\n{_row(['---'] * len(names))}", PartKind.ROW)
    yield from (PagePart(_row(cells), PartKind.ROW) for cells in islice(rows, most))
    if number > most:
        yield PagePart(f"… and {number - most} more.", PartKind.KEPT)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _finding_rows(told: Iterable[TargetedFinding], content: Content, page: Page) -> Iterator[list[str]]:
    for each in told:
        finding, icon = each.finding, ICONS[each.finding.severity]
        place = finding.needed_at or finding.location
        targets = _targets(each.targets, content)
        for answer in finding.answers:
            needed = f"{_needed_by(answer, content)}{_seen_at(answer.needed_at or place, each.report, page)}"
            yield [icon, *_wanted(answer), needed, *targets]
        if not finding.answers:
            yield [icon, *_mistake(finding, _seen_at(place, each.report, page)), *targets]


def _wanted(answer: Answer) -> list[str]:
    need = answer.requirement
    return [code(need.action, in_table=True), code(need.shown_resource, in_table=True)]


def _mistake(finding: Finding, seen_at: str) -> list[str]:
    task, subject = finding.task_definition, finding.address or finding.task_definition
    said = prose(finding.message, (task, subject), in_table=True)
    needed_by = "itself" if subject == task else code(task, in_table=True)
    return [said, code(subject, in_table=True), f"{needed_by}{seen_at}"]


def _waiting_rows(waiting: Iterable[TargetedUnknown], content: Content, page: Page) -> Iterator[list[str]]:
    for each in waiting:
        why = prose(each.answer.waits_for, in_table=True) or reason_words(each.answer.reason)
        seen_at = _seen_at(each.answer.needed_at, each.report, page)
        needed = f"{_needed_by(each.answer, content)}{seen_at}; not decided: {why}"
        yield [UNKNOWN_ICON, *_wanted(each.answer), needed, *_targets(each.targets, content)]


def _needed_by(answer: Answer, content: Content) -> str:
    need = answer.requirement
    task = f"{code(need.task_definition, in_table=True)}, " if content.several else ""
    return task + needed_by(answer, in_table=True)


def needed_by(answer: Answer, *, in_table: bool = False) -> str:
    """Return which attribute of which container needs it: container `web`, `environmentFiles[0]`."""
    need = answer.requirement
    steps = [step.replace("~1", "/").replace("~0", "~") for step in need.pointer.split("/")[1:]]
    if need.container is not None and steps and steps[0].isdecimal():
        steps = steps[1:]
    path = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).removeprefix(".")
    container = f"container {code(need.container, in_table=in_table)}" if need.container is not None else ""
    return ", ".join(filter(None, (container, code(path, in_table=in_table) if path else ""))) or "the task definition"


def linked(place: Location | None, report: Report, page: Page, *, in_table: bool = False) -> str:
    """Write a place as `main.tf:12`, with a link where it is known what to link to; empty without a place."""
    path = file_path(report, place)
    if place is None or path is None:
        return ""
    shown = code(f"{path}:{place.line}", in_table=in_table)
    address = page.links.file(path, place.line) if page.links else None
    return f"[{shown}]({address})" if address else shown


def _seen_at(place: Location | None, report: Report, page: Page) -> str:
    written = linked(place, report, page, in_table=True)
    return f" ({written})" if written else ""


def _targets(targets: tuple[str, ...], content: Content) -> list[str]:
    """Fill the last column, which there is only where a page is about several targets."""
    return [some_targets(targets, in_table=True)] if len(content.targets) > 1 else []


def some_targets(targets: tuple[str, ...], *, in_table: bool = False, most: int = _SHOWN_TARGETS) -> str:
    """Name the first targets, and count the others."""
    shown = ", ".join(code(each, in_table=in_table) for each in targets[:most])
    more = f" and {len(targets) - most} more" if len(targets) > most else ""
    return shown + more
