"""Render what the change breaks, fixes, grants and revokes for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfcheck.report.change_words import TASKS, about_access, switched
from tfcheck.report.screen import Line, Span, Style, line, wrapped
from tfcheck.vocabulary.finding import Report

_SHOWN = 8
_SHOWN_TASKS = 20
_STYLES = {
    "broken": Style.ERROR,
    "fixed": Style.GOOD,
    "still_broken": Style.WARNING,
    "revoked": Style.WARNING,
    "granted": Style.INFO,
    "unknown": Style.UNKNOWN,
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
        found = [each.task_definition for each in report.task_changes if each.change == kind]
        yield from _some(words, _STYLES[kind], found, _SHOWN_TASKS)


def _roles(report: Report) -> Iterator[tuple[str, Style, str]]:
    yield from _some("switches role", Style.INFO, [switched(each).plain for each in report.role_switches])
    for told in about_access(report):
        yield from _some(told.words, _STYLES[told.kind], [each.plain for each in told.lines])


def _some(words: str, style: Style, told: Sequence[str], most: int = _SHOWN) -> Iterator[tuple[str, Style, str]]:
    yield from ((words, style, each) for each in told[:most])
    if len(told) > most:
        yield words, style, f"{len(told) - most} more"
