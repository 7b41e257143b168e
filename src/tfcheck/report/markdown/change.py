"""Render what the change does to existing tasks and to the access of their roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from tfcheck.report.change_words import ACCESS, TASKS, Access, about_access, switched
from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import code, prose
from tfcheck.report.markdown.page import Content
from tfcheck.report.markdown.table import some_targets
from tfcheck.report.origin import target
from tfcheck.report.words import counted
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Report

_ICONS = {"fixed": "✅", "still_broken": "⚠️"}
#: More lines on access than this are folded.
_UNFOLDED = 4
_SHOWN_BROKEN = 10


def broken(content: Content) -> Iterator[PagePart]:
    """Write which task definitions stop working with the change: nothing else is as urgent."""
    tasks = dict.fromkeys(
        each.task_definition for report in content.reports for each in report.task_changes if each.change == "broken"
    )
    if tasks:
        shown = ", ".join(map(code, list(tasks)[:_SHOWN_BROKEN]))
        more = and_more(len(tasks), _SHOWN_BROKEN)
        yield PagePart(f"🔻 **This change breaks** {shown}{more}", PartKind.KEPT)


def changes(content: Content, most: int) -> Iterator[PagePart]:
    """Write what each report's change does, at most `most` lines of a kind; what several say alike is said once."""
    alike: dict[tuple[object, ...], list[Report]] = {}
    for report in content.reports:
        alike.setdefault(_changes_of(report), []).append(report)
    for reports in alike.values():
        yield from _section(reports, content, most)


def _changes_of(report: Report) -> tuple[object, ...]:
    access = report.access_changes, report.access_possible, report.access_unknown
    return report.task_changes, report.role_switches, *access


def _section(reports: list[Report], content: Content, most: int) -> Iterator[PagePart]:
    report = reports[0]
    targets = tuple(dict.fromkeys(map(target, reports)))
    where = f" in {some_targets(targets)}" if len(content.targets) > 1 else ""
    tasks, roles = list(_tasks(report, most)), list(_roles(report, most))
    number = sum(1 for line in roles if not line.startswith("- and "))
    if tasks or roles:
        title = f"**What this change does**{where}:"
        shown = [*tasks, *roles] if number <= _UNFOLDED else tasks
        yield PagePart("\n".join((f"{title}\n", *shown)) if shown else title, PartKind.CHANGE)
    if number > _UNFOLDED:
        lines = "\n".join(roles)
        yield PagePart(f"<details><summary>{_counts(report)}</summary>\n\n{lines}\n\n</details>", PartKind.ACCESS)


def _tasks(report: Report, most: int) -> Iterator[str]:
    hidden = {each.task_definition for each in report.known} - {each.task_definition for each in report.findings}
    for kind, words in TASKS.items():
        if kind == "broken":  # said above the table
            continue
        found = [each.task_definition for each in report.task_changes if each.change == kind]
        if kind == "still_broken":
            found = [each for each in found if each not in hidden]
        yield from (f"- {_ICONS[kind]} {words} {code(each)}" for each in found[:most])
        yield from _more(len(found), most)


def _roles(report: Report, most: int) -> Iterator[str]:
    kinds = [("switches the execution role", tuple(map(switched, report.role_switches)))]
    kinds += [(each.words, each.lines) for each in about_access(report)]
    for words, told in kinds:
        yield from (f"- {words} {_line(each)}" for each in islice(told, most))
        yield from _more(len(told), most)


def _line(each: Access) -> str:
    shown = "".join(code(part) if number % 2 else part for number, part in enumerate(each.parts))
    return f"{shown}: {prose(each.because)}" if each.because else shown


def _more(number: int, most: int) -> Iterable[str]:
    return [f"- and {number - most:,} more"] if number > most else []


def _counts(report: Report) -> str:
    said: list[str] = []
    for changes, prefix in ((report.access_changes, ""), (report.access_possible, "perhaps ")):
        kinds = [each.change for each in changes]
        said += [f"{counted(kinds.count(kind), 'permission')} {prefix}{kind}" for kind in ACCESS if kind in kinds]
    said += [f"{counted(len(report.role_switches), 'role')} switched"] if report.role_switches else []
    said += [f"{counted(len(report.access_unknown), 'role')} not told"] if report.access_unknown else []
    return f"Access of execution roles: {', '.join(said)}"
