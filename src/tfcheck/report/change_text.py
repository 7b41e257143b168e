"""Render what the change breaks, fixes, grants and revokes for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfcheck.report.cause_text import Detail
from tfcheck.report.causes import blocks
from tfcheck.report.change_words import TASKS, about_access, switched
from tfcheck.report.screen import Line, Span, Style, line, wrapped
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Report

_SHOWN = 3
_SHOWN_TASKS = 4
_STYLES = {
    "broken": Style.ERROR,
    "fixed": Style.GOOD,
    "still_broken": Style.WARNING,
    "revoked": Style.WARNING,
    "granted": Style.INFO,
    "unknown": Style.UNKNOWN,
}
_Row = tuple[str, Style, str]


def broken_lines(report: Report, detail: Detail) -> Iterator[Line]:
    """Write which task definitions stop working with the change; nothing else stands before the findings."""
    found = [each.task_definition for each in report.task_changes if each.change == "broken"]
    if found:
        tasks = blocks(found)
        most = detail.most(_SHOWN_TASKS)
        more = and_more(len(tasks), most)
        yield from wrapped(Span("This change breaks ", Style.ERROR), f"{', '.join(tasks[:most])}{more}", detail.width)


def access_lines(report: Report, detail: Detail) -> Iterator[Line]:
    """Write what else the change does: the tasks that it fixes, and the access that it grants and revokes."""
    rows = [*_tasks(report, detail), *_roles(report, detail)]
    if len(rows) == 1:
        words, _, what = rows[0]
        yield from wrapped("", f"This change {words} {what}.", detail.width)
        return
    if rows:
        yield line(Span("This change", Style.STRONG))
    for words, style, what in rows:
        yield from wrapped(Span(f"  {words:<14}", style), what, detail.width)


def _tasks(report: Report, detail: Detail) -> Iterator[_Row]:
    for kind, words in TASKS.items():
        found = [each.task_definition for each in report.task_changes if each.change == kind]
        if kind != "broken":
            yield from ((words, _STYLES[kind], each) for each in _some(blocks(found), _SHOWN_TASKS, detail))


def _roles(report: Report, detail: Detail) -> Iterator[_Row]:
    switches = [switched(each).plain for each in report.role_switches]
    yield from (("switches role", Style.INFO, each) for each in _some(switches, _SHOWN, detail))
    for told in about_access(report):
        lines = _some([each.plain for each in told.lines], _SHOWN, detail)
        yield from ((told.words, _STYLES[told.kind], each) for each in lines)


def _some(told: Sequence[str], most: int, detail: Detail) -> Iterator[str]:
    most = detail.most(len(told) if detail.verbose else most)
    yield from told[:most]
    if len(told) > most:
        yield f"{len(told) - most:,} more"
