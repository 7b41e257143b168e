"""How does a terminal show what the change breaks, mends, gives and takes?"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.finding import Report
from tfcheck.report.screen import Line, Span, Style, line, wrapped

_SHOWN = 8
_TASKS = {
    "broken": ("breaks", Style.ERROR),
    "mended": ("mends", Style.GOOD),
    "still_broken": ("leaves broken", Style.WARNING),
}
_ACCESS = {
    "withdrawn": ("withdraws", Style.WARNING, "from"),
    "granted": ("grants", Style.INFO, "to"),
}


def change_lines(report: Report, width: int, *, quiet: bool = False) -> Iterator[Line]:
    """Write what the change does to tasks that were there before it and, unless `quiet`, to their roles' access."""
    tasks, access = list(_tasks(report)), [] if quiet else list(_access(report))
    if tasks or access:
        yield line(Span("This change", Style.STRONG))
    for words, style, what in (*tasks, *access):
        yield from wrapped(Span(f"  {words:<14}", style), what, width)


def _tasks(report: Report) -> Iterator[tuple[str, Style, str]]:
    for kind, (words, style) in _TASKS.items():
        yield from ((words, style, each.task_definition) for each in report.task_changes if each.change == kind)


def _access(report: Report) -> Iterator[tuple[str, Style, str]]:
    for kind, (words, style, which) in _ACCESS.items():
        found = [each for each in report.access_changes if each.change == kind]
        for each in found[:_SHOWN]:
            yield words, style, f"{each.action} on {each.resource} {which} {each.role}"
        if len(found) > _SHOWN:
            yield words, style, f"{len(found) - _SHOWN} more"
