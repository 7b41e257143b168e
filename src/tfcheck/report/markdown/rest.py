"""Render what is undecided, what was not evaluated, what is allowed, and the assumptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import code, prose
from tfcheck.report.markdown.page import Content, TargetedUnknown
from tfcheck.report.markdown.table import ICONS, UNKNOWN_ICON, needed_by
from tfcheck.report.origin import target
from tfcheck.report.words import counted, open_question, reason_words
from tfcheck.vocabulary.finding import Answer, Reason, Report, Severity, Verdict

_SHOWN_PER_GROUP = 5
_SHOWN_ALLOWED = 1000


def undecided(waiting: tuple[TargetedUnknown, ...]) -> Iterator[PagePart]:
    """Explain what is not decided, grouped by what it waits for."""
    groups: dict[tuple[Reason | None, str], list[TargetedUnknown]] = {}
    for each in waiting:
        groups.setdefault(open_question(each.answer), []).append(each)
    lines: list[str] = []
    for (reason, cause), members in groups.items():
        lines.append(f"- {reason_words(reason)}{f': {prose(cause)}' if cause else ''}")
        lines += _members(members)
    if lines:
        title = f"{UNKNOWN_ICON} {counted(len(waiting), 'permission')} cannot be decided before apply"
        yield _fold(title, lines, PartKind.OPEN_QUESTIONS)


def _members(members: list[TargetedUnknown]) -> Iterator[str]:
    for each in members[:_SHOWN_PER_GROUP]:
        need = each.answer.requirement
        where = f"{code(need.task_definition)}, {needed_by(each.answer)}"
        yield f"  - {code(need.action)} on {code(need.shown_resource)} for {where}"
    if len(members) > _SHOWN_PER_GROUP:
        yield f"  - and {len(members) - _SHOWN_PER_GROUP:,} more"


def skipped(content: Content) -> Iterator[PagePart]:
    """List what could not be analysed, so that nobody takes it for fine."""
    lines = [
        f"- {code(each.address)}{_in(report, content)}: {prose(each.reason, (each.address,))}"
        for report in content.reports
        for each in report.skipped
    ]
    if lines:
        title = f"{UNKNOWN_ICON} **{counted(len(lines), 'resource')} could not be analysed**"
        yield PagePart("\n".join((f"{title}:\n", *lines)), PartKind.SKIPPED)


def unread(content: Content) -> Iterator[PagePart]:
    """List the plans of the same call that could not be read, so that nobody takes the page for complete."""
    found = dict.fromkeys(each for report in content.reports for each in report.unread)
    if found:
        title = f"{UNKNOWN_ICON} **{counted(len(found), 'plan')} not checked**"
        yield PagePart("\n".join((f"{title}:\n", *(f"- {prose(each.problem)}" for each in found))), PartKind.SKIPPED)


def allowed(content: Content) -> Iterator[PagePart]:
    """List what is granted."""
    lines = _permissions(content, lambda answer: answer.verdict is Verdict.ALLOWED)
    if lines:
        more = [f"- and {len(lines) - _SHOWN_ALLOWED:,} more"] if len(lines) > _SHOWN_ALLOWED else []
        title = f"✅ {counted(len(lines), 'permission')} granted"
        yield _fold(title, [*lines[:_SHOWN_ALLOWED], *more], PartKind.ALLOWED)


def optional(content: Content) -> Iterator[PagePart]:
    """List the optional permissions that are not granted."""
    lines = _permissions(
        content, lambda answer: answer.verdict is Verdict.DENIED and answer.requirement.severity is Severity.INFO
    )
    if lines:
        title = f"{ICONS[Severity.INFO]} {counted(len(lines), 'permission')} optional not granted"
        yield _fold(title, lines[:_SHOWN_ALLOWED], PartKind.NOTES)


def _permissions(content: Content, wanted: Callable[[Answer], bool]) -> list[str]:
    """List the permissions whose answers are wanted, with the task definitions that ask for them."""
    return [
        f"- {code(need.task_definition)}{_in(report, content)}: {code(need.action)} on {code(need.shown_resource)}"
        for report in content.reports
        for answer in report.answers
        if wanted(answer)
        for need in [answer.requirement]
    ]


def notes(content: Content) -> Iterator[PagePart]:
    """List the assumptions that the answers rest on."""
    lines = [f"- {prose(note)}" for note in dict.fromkeys(_notes(content.reports))]
    if lines:
        yield _fold("Assumptions", lines, PartKind.NOTES)


def _notes(reports: Iterable[Report]) -> Iterator[str]:
    for report in reports:
        yield from report.notes
        for answer in report.answers:
            yield from answer.assumptions


def _in(report: Report, content: Content) -> str:
    return f" in {code(target(report))}" if len(content.targets) > 1 else ""


def _fold(title: str, lines: list[str], kind: PartKind) -> PagePart:
    """Fold lines under a title of ours."""
    written = "\n".join(lines)
    return PagePart(f"<details><summary>{title}</summary>\n\n{written}\n\n</details>", kind)
