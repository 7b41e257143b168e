"""Which access of execution roles does a change give and take, as text, Markdown or JSON?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import asdict

from tfcheck.finding import AccessChange, Report
from tfcheck.report.json import FORMAT_VERSION, Json
from tfcheck.report.markdown.escape import code, fence
from tfcheck.report.screen import Line, Span, Style, line, printed
from tfcheck.report.words import counted

_MARKS = {"granted": ("+", Style.GOOD), "withdrawn": ("-", Style.ERROR)}
_NOTHING = "no execution role that existed before gains or loses access, as far as the plan tells"


def access_text(reports: Sequence[Report], *, colour: bool = False) -> str:
    """Write the access change for a terminal: one block of lines for every role."""
    return printed((each for report in reports for each in _lines(report)), colour=colour)


def access_markdown(reports: Sequence[Report]) -> str:
    """Write the access change as Markdown, with one `diff` block for every role."""
    return "\n\n".join(part for report in reports for part in _parts(report)) + "\n"


def access_json(report: Report) -> Json:
    """Give the access change as plain data, in the words of the JSON report."""
    return {
        "format_version": FORMAT_VERSION,
        "plan": {"path": report.plan.path},
        "access_changes": [asdict(each) for each in report.access_changes],
    }


def _lines(report: Report) -> Iterator[Line]:
    yield line(Span(f"{report.plan.path}: ", Style.STRONG), _headline(report))
    for role, changes in _by_role(report).items():
        yield ()
        yield line("  ", Span(role, Style.STRONG))
        for each in changes:
            mark, style = _MARKS[each.change]
            yield line("    ", Span(f"{mark} {each.action}", style), " on ", each.resource)


def _parts(report: Report) -> Iterator[str]:
    yield f"**{code(report.plan.path)}**: {_headline(report)}"
    for role, changes in _by_role(report).items():
        yield code(role)
        yield fence("\n".join(f"{_MARKS[each.change][0]} {each.action} on {each.resource}" for each in changes), "diff")


def _headline(report: Report) -> str:
    if not report.access_changes:
        return _NOTHING
    kinds = [each.change for each in report.access_changes]
    said = [f"{counted(kinds.count(kind), 'permission')} {kind}" for kind in _MARKS if kind in kinds]
    return ", ".join(said)


def _by_role(report: Report) -> dict[str, list[AccessChange]]:
    found: dict[str, list[AccessChange]] = {}
    for each in sorted(report.access_changes, key=lambda each: (each.role, each.change, each.action, each.resource)):
        found.setdefault(each.role, []).append(each)
    return found
