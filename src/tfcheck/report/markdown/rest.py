"""Render what is undecided, not evaluated, or allowed, and the assumptions."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter

from tfcheck.report.causes import broken_tasks
from tfcheck.report.change_words import TASKS, access_changes, access_counts, changed_tasks
from tfcheck.report.instance_names import skipped_blocks
from tfcheck.report.left_out_words import WaivedGroup, waived_groups, waiver_sentences
from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import code, prose
from tfcheck.report.markdown.page import Page, PageContent, TargetedUnknown
from tfcheck.report.markdown.rows import ICONS, UNKNOWN_ICON, alike, blocks_with_keys, needed_by, target_names
from tfcheck.report.origin import target
from tfcheck.report.question_words import deciding_words, open_question, question_words
from tfcheck.report.words import instances, plural
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer, Report, RunConfiguration, Severity, Verdict, all_unread
from tfcheck.vocabulary.grouping import group_by_key

_SHOWN, _SHOWN_TASKS = 20, 3
_SHOWN_PER_GROUP = 5
_SHOWN_ALLOWED = 1000


def undecided_parts(waiting: tuple[TargetedUnknown, ...]) -> Iterator[PagePart]:
    """Yield what is undecided, grouped by cause."""
    groups = group_by_key((open_question(one.answer), one.answer) for one in waiting)
    reports = {open_question(one.answer): one.report for one in waiting}
    lines: list[str] = []
    for question, members in groups.items():
        advice = deciding_words(question, reports[question])
        words = question_words(question, prose)
        lines.append(f"- {words[:1].upper()}{words[1:]}{f'. {prose(advice)}' if advice else ''}")
        found = alike(members)
        for each in found[:_SHOWN_PER_GROUP]:
            tasks = blocks_with_keys(each.tasks, _SHOWN)
            lines.append(f"  - {each.permission} for {tasks}, {needed_by(each.answers)}")
        if rest := sum(len(each.answers) for each in found[_SHOWN_PER_GROUP:]):
            lines.append(f"  - and {rest:,} more")
    if lines:
        title = f"{UNKNOWN_ICON} {plural(len(waiting), 'permission')} cannot be decided before apply"
        yield _fold(title, lines, PartKind.OPEN_QUESTIONS)


def skipped_parts(content: PageContent) -> Iterator[PagePart]:
    """Yield what could not be analysed, so that nobody takes it for fine."""
    lines = [
        f"- {code(each.address)}{instances(number)}{_in_target(report, content)}: {prose(each.reason, (each.address,))}"
        for report in content.reports
        for each, number in skipped_blocks(report.skipped)
    ]
    if lines:
        total = sum(len(report.skipped) for report in content.reports)
        title = f"{UNKNOWN_ICON} **{plural(total, 'resource')} could not be analysed**"
        yield PagePart("\n".join((f"{title}:\n", *lines)), PartKind.SKIPPED)


def unread(content: PageContent) -> Iterator[PagePart]:
    """Yield the unreadable plans of the same call, so that nobody takes the page for complete."""
    found = all_unread(content.reports)
    if found:
        title = f"{UNKNOWN_ICON} **{plural(len(found), 'plan')} not checked**"
        yield PagePart("\n".join((f"{title}:\n", *(f"- {prose(each.problem)}" for each in found))), PartKind.SKIPPED)


def allowed_parts(content: PageContent) -> Iterator[PagePart]:
    """Yield what is granted."""
    number, lines = _permissions(content, lambda answer: answer.verdict is Verdict.ALLOWED)
    if lines:
        shown = [*lines[:_SHOWN_ALLOWED], *_more_line(len(lines), _SHOWN_ALLOWED)]
        yield _fold(f"✅ {plural(number, 'permission')} granted", shown, PartKind.ALLOWED)


def optional(content: PageContent) -> Iterator[PagePart]:
    """Yield the optional permissions that are not granted."""
    number, lines = _permissions(
        content, lambda answer: answer.verdict is Verdict.DENIED and answer.requirement.severity is Severity.INFO
    )
    if lines:
        title = f"{ICONS[Severity.INFO]} {plural(number, 'optional permission')} not granted"
        yield _fold(title, lines[:_SHOWN_ALLOWED], PartKind.NOTES)


def _permissions(content: PageContent, wanted: Callable[[Answer], bool]) -> tuple[int, list[str]]:
    """Return the number of permissions with wanted answers, and who needs them."""
    found = [
        (each, _in_target(report, content))
        for report in content.reports
        for each in alike(filter(wanted, report.answers))
    ]
    lines = [f"- {blocks_with_keys(each.tasks, _SHOWN_TASKS)}{where}: {each.permission}" for each, where in found]
    return sum(len(each.answers) for each, _ in found), lines


def notes(content: PageContent) -> Iterator[PagePart]:
    """Yield the assumptions of the answers."""
    remarks = dict.fromkeys(each for report in content.reports for each in report.notes_and_assumptions)
    lines = [f"- {prose(each)}" for each in remarks]
    if lines:
        yield _fold("Assumptions", lines, PartKind.NOTES)


def _in_target(report: Report, content: PageContent) -> str:
    return f" in {code(target(report))}" if len(content.targets) > 1 else ""


def _fold(title: str, lines: list[str], kind: PartKind) -> PagePart:
    """Fold lines under a title."""
    written = "\n".join(lines)
    return PagePart(f"<details><summary>{title}</summary>\n\n{written}\n\n</details>", kind)


def new_waivers(content: PageContent, page: Page) -> list[WaivedGroup]:
    """Return what the pull request itself waives: the findings of waivers whose lines it adds or changes.

    If it is not known what the pull request changes, everything waived.
    """
    groups = waived_groups(content.reports)
    if page.added is None:
        return groups
    lines = {each.where: (each.file, each.line, each.end_line) for report in content.reports for each in report.waivers}
    return [each for each in groups if _is_added(lines.get(each.waived.where), page.added)]


def _is_added(place: tuple[str, int, int] | None, added: Mapping[str, frozenset[int] | None]) -> bool:
    """Whether a pull request adds or changes one of some lines; in a file without a diff, all lines may be new."""
    if place is None:
        return True
    file, first, last = place
    if file not in added:
        return False
    lines = added[file]
    return lines is None or any(first <= each <= last for each in lines)


def newly_waived_parts(content: PageContent, page: Page) -> Iterator[PagePart]:
    """Write what the change waives before anything else: a reviewer accepts it with the change."""
    groups = new_waivers(content, page)
    if groups:
        title = "**Waived**" if page.added is None else "⚠️ **This change waives**"
        lines = [_line(each, content.reports, page) for each in groups[:_SHOWN]]
        yield PagePart("\n".join((f"{title}:\n", *lines, *_more_line(len(groups), _SHOWN))), PartKind.CHANGE)


def edited_choices(content: PageContent, page: Page) -> dict[str, int]:
    """Return the edited files that decide what is reported, with the number of findings that each leaves out.

    If it is not known what the pull request changes, all of them.
    """
    found: dict[str, int] = {}
    for report in content.reports:
        configuration = report.configuration or RunConfiguration()
        left_out = [(configuration.file, len(report.unselected))] if configuration.settings else []
        if report.baseline and report.known_findings:
            left_out.append((report.baseline.file, len(report.known_findings)))
        for file, number in left_out:
            if file and _is_edited(file, page):
                found[file] = found.get(file, 0) + number
    return found


def _is_edited(file: str, page: Page) -> bool:
    """Whether a pull request adds lines to a file, whose name may be relative to a subdirectory."""
    if page.added is None:
        return True
    name = posixpath.normpath(file.replace("\\", "/")).replace("../", "")
    return any(f"/{each}".endswith(f"/{name}") and (lines is None or lines) for each, lines in page.added.items())


def edited_choices_parts(content: PageContent, page: Page) -> Iterator[PagePart]:
    """Write which edited files leave out findings; the lead explains them."""
    if page.added is not None:
        for file, number in edited_choices(content, page).items():
            what = f"which leaves out {plural(number, 'finding')}" if number else "on which this result depends"
            yield PagePart(f"⚠️ **This change edits** {code(file)}, {what}.", PartKind.CHANGE)


def waived_rest(content: PageContent, page: Page) -> Iterator[PagePart]:
    """Fold the other waived findings, and the waivers without effect."""
    new = new_waivers(content, page)
    groups = [each for each in waived_groups(content.reports) if each not in new]
    lines = [_line(each, content.reports, page) for each in groups]
    remarks = [f"- {prose(each)}" for each in waiver_sentences(content.reports)]
    if lines:
        number = sum(len(each.findings) for each in groups)
        yield _fold(plural(number, "waived finding"), [*lines, *remarks], PartKind.NOTES)
    elif remarks:
        yield PagePart("\n".join(remarks), PartKind.NOTES)


def _line(group: WaivedGroup, reports: tuple[Report, ...], page: Page) -> str:
    until = f", until {group.waived.until}" if group.waived.until else ""
    first = group.findings[0]
    message, reason = prose(first.message, (first.address, first.task_definition)), prose(group.waived.reason)
    use = next((each for report in reports for each in report.waivers if each.where == group.waived.where), None)
    address = page.links.file(use.file, use.line) if page.links and use else None
    place = f"[{code(group.waived.where)}]({address})" if address else code(group.waived.where)
    what = f"{code(group.rule)} of {few(group.tasks, _SHOWN_TASKS, code)}: {message}"
    others = f", and {plural(len(group.findings) - 1, 'more finding')}" if len(group.findings) > 1 else ""
    return f"- {what}{others}. Reason: {reason} ({place}{until})"


_ICONS = {"fixed": "✅", "still_broken": "⚠️"}
#: More lines on access than this are folded.
_UNFOLDED = 4
_SHOWN_BROKEN = 10
#: A list of names is as long as a third of its lines would be.
_NAMES = 3


def broken(content: PageContent) -> Iterator[PagePart]:
    """Write which task definitions the change breaks, the most urgent part."""
    tasks = broken_tasks(content.reports)
    if tasks:
        yield PagePart(f"🔻 **This change breaks** {few(tasks, _SHOWN_BROKEN, code)}", PartKind.KEPT)


def changes(content: PageContent, most: int) -> Iterator[PagePart]:
    """Write the changes of each report, at most `most` lines of a kind, without duplicates."""
    parts = attrgetter("task_changes", "role_switches", "access_changes", "access_possible", "access_unknown")
    for reports in group_by_key((parts(each), each) for each in content.reports).values():
        yield from _section(reports, content, most)


def _section(reports: list[Report], content: PageContent, most: int) -> Iterator[PagePart]:
    report = reports[0]
    targets = tuple(dict.fromkeys(map(target, reports)))
    where = f" in {target_names(targets)}" if len(content.targets) > 1 else ""
    tasks, roles = list(_tasks(report, most)), list(_roles(report, most))
    number = sum(1 for line in roles if not line.startswith("- and "))
    if tasks or roles:
        title = f"**What this change does**{where}:"
        shown = [*tasks, *roles] if number <= _UNFOLDED else tasks
        yield PagePart("\n".join((f"{title}\n", *shown)) if shown else title, PartKind.CHANGE)
    if number > _UNFOLDED:
        counts = access_counts(report)
        counts += [f"{plural(len(report.role_switches), 'role')} switched"] if report.role_switches else []
        counts += [f"{plural(len(report.access_unknown), 'role')} not known"] if report.access_unknown else []
        yield _fold(f"Access of execution roles: {', '.join(counts)}", roles, PartKind.ACCESS)


def _tasks(report: Report, most: int) -> Iterator[str]:
    hidden = {each.task_definition for each in report.known_findings} - {
        each.task_definition for each in report.findings
    }
    for kind, words in TASKS.items():
        if kind == "broken":  # shown above the rows
            continue
        found = changed_tasks(report, kind)
        if kind == "still_broken":
            found = [each for each in found if each not in hidden]
        if found:
            yield f"- {_ICONS[kind]} {words} {few(found, most // _NAMES, code)}"


def _roles(report: Report, most: int) -> Iterator[str]:
    for kind in access_changes(report):
        for each in kind.lines[:most]:
            shown = "".join(code(part) if number % 2 else part for number, part in enumerate(each.parts))
            yield f"- {kind.words} {shown}{f': {prose(each.because)}' if each.because else ''}"
        yield from _more_line(len(kind.lines), most)


def _more_line(number: int, most: int) -> Iterable[str]:
    return [f"- and {number - most:,} more"] if number > most else []
