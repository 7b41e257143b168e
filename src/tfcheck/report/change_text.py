"""How does a terminal show what the change breaks, mends, gives and takes?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.finding import Report
from tfcheck.report.change_words import ACCESS, TASKS, Access, access, switched, unread
from tfcheck.report.screen import Line, Span, Style, line, wrapped

_SHOWN = 8
_STYLES = {
    "broken": Style.ERROR,
    "mended": Style.GOOD,
    "still_broken": Style.WARNING,
    "withdrawn": Style.WARNING,
    "granted": Style.INFO,
}


def change_lines(report: Report, width: int, *, quiet: bool = False) -> Iterator[Line]:
    """Write what the change does to tasks that were there before it and, unless `quiet`, to their roles' access."""
    rows = [*_tasks(report), *([] if quiet else _roles(report))]
    if rows:
        yield line(Span("This change", Style.STRONG))
    for words, style, what in rows:
        yield from wrapped(Span(f"  {words:<14}", style), what, width)


def _tasks(report: Report) -> Iterator[tuple[str, Style, str]]:
    for kind, words in TASKS.items():
        found = (each.task_definition for each in report.task_changes if each.change == kind)
        yield from ((words, _STYLES[kind], each) for each in found)


def _roles(report: Report) -> Iterator[tuple[str, Style, str]]:
    yield from _some("switches role", Style.INFO, map(switched, report.role_switches))
    for kind, (words, _) in ACCESS.items():
        yield from _some(words, _STYLES[kind], access(report, kind))
    yield from _some("cannot tell", Style.UNKNOWN, map(unread, report.access_unknown))


def _some(words: str, style: Style, told: Iterable[Access]) -> Iterator[tuple[str, Style, str]]:
    lines = [each.plain for each in told]
    yield from ((words, style, each) for each in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield words, style, f"{len(lines) - _SHOWN} more"
