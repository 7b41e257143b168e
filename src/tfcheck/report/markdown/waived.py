"""Render what is waived: first what the pull request itself waives, then all the rest, folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tfcheck.report.left_out_words import WaivedGroup, waived_groups, waiver_sentences
from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import code, prose
from tfcheck.report.markdown.page import Content, Page
from tfcheck.report.words import counted
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Report

_SHOWN, _SHOWN_TASKS = 20, 3


def new_waivers(content: Content, page: Page) -> list[WaivedGroup]:
    """Return what the pull request itself waives: what a waiver accepts whose lines it adds or changes.

    Where it is not known what the pull request changes, all that is waived.
    """
    groups = waived_groups(content.reports)
    if page.added is None:
        return groups
    lines = {each.where: (each.file, each.line, each.end_line) for report in content.reports for each in report.waivers}
    return [each for each in groups if _is_added(lines.get(each.waived.where), page.added)]


def _is_added(place: tuple[str, int, int] | None, added: Mapping[str, frozenset[int] | None]) -> bool:
    """Whether a pull request adds or changes one of some lines; all lines of a file that shows no diff may be new."""
    if place is None:
        return True
    file, first, last = place
    if file not in added:
        return False
    lines = added[file]
    return lines is None or any(first <= each <= last for each in lines)


def waived_first(content: Content, page: Page) -> Iterator[PagePart]:
    """Write what the change waives, before anything else: a reviewer accepts it with the change."""
    groups = new_waivers(content, page)
    if groups:
        title = "**Waived**" if page.added is None else "⚠️ **This change waives**"
        more = [f"- and {len(groups) - _SHOWN:,} more"] if len(groups) > _SHOWN else []
        lines = [_line(each, content.reports, page) for each in groups[:_SHOWN]]
        yield PagePart("\n".join((f"{title}:\n", *lines, *more)), PartKind.CHANGE)


def waived_rest(content: Content, page: Page) -> Iterator[PagePart]:
    """Write, folded, what else is waived, and which waivers do not hold."""
    new = new_waivers(content, page)
    groups = [each for each in waived_groups(content.reports) if each not in new]
    lines = [_line(each, content.reports, page) for each in groups]
    said = [f"- {prose(each)}" for each in waiver_sentences(content.reports)]
    if lines:
        number = sum(len(each.findings) for each in groups)
        written = "\n".join((*lines, *said))
        summary = f"{counted(number, 'waived finding')}"
        yield PagePart(f"<details><summary>{summary}</summary>\n\n{written}\n\n</details>", PartKind.NOTES)
    elif said:
        yield PagePart("\n".join(said), PartKind.NOTES)


def _line(group: WaivedGroup, reports: tuple[Report, ...], page: Page) -> str:
    shown = ", ".join(map(code, group.tasks[:_SHOWN_TASKS]))
    more = and_more(len(group.tasks), _SHOWN_TASKS)
    until = f", until {group.waived.until}" if group.waived.until else ""
    first = group.findings[0]
    message, reason = prose(first.message, (first.address, first.task_definition)), prose(group.waived.reason)
    use = next((each for report in reports for each in report.waivers if each.where == group.waived.where), None)
    address = page.links.file(use.file, use.line) if page.links and use else None
    place = f"[{code(group.waived.where)}]({address})" if address else code(group.waived.where)
    return f"- {code(group.rule)} of {shown}{more}: {message}. Reason: {reason} ({place}{until})"
