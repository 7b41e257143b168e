"""Render what a change grants and revokes, as text, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tfcheck.report.change_words import access_counts, role_change_words, role_switch, unread
from tfcheck.report.json import FORMAT_VERSION, Json, changes
from tfcheck.report.markdown.escape import code, fence
from tfcheck.report.screen import Line, Span, SpanStyle, line, render_lines, wrap
from tfcheck.report.words import plural
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import Report
from tfcheck.vocabulary.grouping import group_by_key

_MARKS = {"granted": ("+", SpanStyle.GOOD), "revoked": ("-", SpanStyle.ERROR)}
_PERHAPS = {"granted": "may gain", "revoked": "may lose"}
_ROLES = {"created": " (new)", "deleted": " (deleted)"}
_NOTHING = "no execution role gains or loses access in this plan"


def access_text(reports: Sequence[Report], *, width: int = 100, colour: bool = False) -> str:
    """Write the access changes for a terminal: one group of lines for each role."""
    return render_lines((each for report in reports for each in _access_lines(report, width)), colour=colour)


def access_markdown(reports: Sequence[Report]) -> str:
    """Write the access changes as Markdown, with one `diff` block for each role."""
    return "\n\n".join(part for report in reports for part in _markdown_parts(report)) + "\n"


def access_json(report: Report) -> Json:
    """Return the access changes as plain data, in the words of the JSON report."""
    found = changes(report)
    return {
        "format_version": FORMAT_VERSION,
        "plan": {"path": report.plan.path},
        **{part: found[part] for part in ("role_switches", "access_changes", "access_unknown", "access_possible")},
    }


def _access_lines(report: Report, width: int) -> Iterator[Line]:
    yield from wrap("", f"{report.plan.path}: {_headline(report)}", width, SpanStyle.STRONG)
    for words in _role_lines(report):
        yield from wrap("  ", words, width)
    for role, members in _group_by_role(report.access_changes).items():
        yield ()
        yield line("  ", Span(role, SpanStyle.STRONG), _role_change(members))
        for each in members:
            mark, style = _MARKS[each.change]
            yield from wrap(Span(f"    {mark} ", style), role_change_words(each), width, style)
    for role, members in _group_by_role(report.access_possible).items():
        yield ()
        yield line("  ", Span(role, SpanStyle.STRONG))
        for each in members:
            yield from wrap("    ", _possible_line(each), width, SpanStyle.UNKNOWN)


def _markdown_parts(report: Report) -> Iterator[str]:
    yield f"**{code(report.plan.path)}**: {_headline(report)}"
    about = list(_role_lines(report))
    if about:
        yield fence("\n".join(about))
    for role, members in _group_by_role(report.access_changes).items():
        yield f"{code(role)}{_role_change(members)}"
        yield fence("\n".join(f"{_MARKS[each.change][0]} {role_change_words(each)}" for each in members), "diff")
    for role, members in _group_by_role(report.access_possible).items():
        yield code(role)
        yield fence("\n".join(map(_possible_line, members)))


def _possible_line(each: AccessChange) -> str:
    return f"? {_PERHAPS[each.change]} {role_change_words(each)}"


def _role_lines(report: Report) -> Iterator[str]:
    yield from (f"switches the execution role {role_switch(each).plain}" for each in report.role_switches)
    yield from (f"unknown: {unread(each).plain}" for each in report.access_unknown)


def _role_change(members: list[AccessChange]) -> str:
    return _ROLES.get(members[0].role_change or "", "")


def _headline(report: Report) -> str:
    roles = len({each.role for each in report.access_unknown})
    nothing = f"what {plural(roles, 'execution role')} may gain or lose is unknown" if roles else _NOTHING
    return ", ".join(access_counts(report, _MARKS)) or nothing


def _group_by_role(unsorted: Iterable[AccessChange]) -> dict[str, list[AccessChange]]:
    in_order = sorted(unsorted, key=lambda each: (each.role, each.change, each.action, each.resource))
    return group_by_key((each.role, each) for each in in_order)
