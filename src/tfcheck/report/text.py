"""Render a report for a terminal.

In the manner of Terraform's and rustc's diagnostics: the verdict first, one line for every task definition, then each
finding with its place in the sources, what is needed above what is granted, and what ECS would say at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from tfcheck.report.change_text import change_lines
from tfcheck.report.finding_text import finding_lines, origin
from tfcheck.report.screen import Line, Span, Style, columns, line, printed, wrapped
from tfcheck.report.words import TaskStatus, counted, headline, reason_words, standings
from tfcheck.vocabulary.finding import Answer, Fix, Location, Reason, Report, Severity, Verdict

_SHOWN_PER_GROUP = 5
_SHOWN_STATEMENTS = 3
_WIDEST_ADDRESS = 64


def text(report: Report, *, width: int = 100, colour: bool = False, quiet: bool = False, directory: str = ".") -> str:
    """Write a report for people.

    `width` is that of the screen in columns, between 80 and 120 where it is to be read well; `colour` adds ANSI
    colours; `quiet` leaves out what needs no action: what is allowed, unknown answers, notes. `directory` is where the
    files of the places are, as the reader would name it.
    """
    standing = standings(report)
    parts = [
        [_headline(report, standing)],
        list(change_lines(report, width, quiet=quiet)),
        list(_task_definitions(standing, quiet)),
        *_findings(report, width, directory),
    ]
    if not quiet:
        parts.append(list(_unknown(report.answers, width, directory)))
    parts.append(
        [each for plan in report.unread for each in wrapped(Span("not checked: ", Style.WARNING), plan.problem, width)]
    )
    parts.append(list(_skipped(report, width)))
    if not quiet:
        parts.append(list(_notes(report, width)))
    parts.append(list(wrapped("", summary(report), width, Style.STRONG)))
    return printed(_apart(parts), colour=colour)


def _apart(parts: Iterable[list[Line]]) -> Iterator[Line]:
    """Set the parts that are not empty apart by an empty line."""
    first = True
    for part in parts:
        if part and not first:
            yield ()
        yield from part
        first = first and not part


def _headline(report: Report, standing: dict[str, TaskStatus]) -> Line:
    style, words = headline(standing)
    return line(Span(f"{report.plan.path}: ", Style.STRONG), Span(words, style))


def _task_definitions(standing: dict[str, TaskStatus], quiet: bool) -> Iterator[Line]:
    fine = (Style.GOOD, Style.QUIET)
    shown = {address: each for address, each in standing.items() if not (quiet and each.style in fine)}
    rows = [(Span(address), Span(each.words, each.style)) for address, each in shown.items()]
    for each, row in zip(shown.values(), columns(rows, "", _WIDEST_ADDRESS), strict=True):
        yield line("  ", Span(each.mark, each.style), " ", *row)


def _findings(report: Report, width: int, directory: str) -> Iterator[list[Line]]:
    """Write the findings; what one quotes of the sources or suggests, the next need not say again."""
    shown: tuple[Location | None, ...] = ()
    fixes: set[Fix] = set()
    for finding in report.findings:
        places = (finding.location, finding.needed_at)
        fix = finding.fix
        if fix in fixes and fix is not None:
            finding = replace(finding, fix=replace(fix, title=f"{fix.title}, as above", hcl="", diff=""))
        yield list(finding_lines(finding, width, directory, quoted=places != shown))
        shown = places
        fixes |= {fix} if fix else set()


def _unknown(answers: tuple[Answer, ...], width: int, directory: str) -> Iterator[Line]:
    groups: dict[tuple[Reason | None, str], list[Answer]] = {}
    for answer in answers:
        if answer.verdict is Verdict.UNKNOWN:
            # What a role outside the plan waits for is the role itself, whatever is asked of it.
            cause = answer.role or "" if answer.reason is Reason.ROLE_OUTSIDE_PLAN else answer.waits_for
            groups.setdefault((answer.reason, cause), []).append(answer)
    if groups:
        total = counted(sum(map(len, groups.values())), "requirement")
        yield line(Span("unknown", Style.UNKNOWN), Span(f": {total} cannot be decided from this plan", Style.STRONG))
    for (reason, cause), members in groups.items():
        yield from wrapped("  = ", f"{reason_words(reason)}{f': {cause}' if cause else ''}", width)
        yield from _deciding(members, width, directory)
        yield from _members(members, width)


def _deciding(members: list[Answer], width: int, directory: str) -> Iterator[Line]:
    """Name the statements that may decide."""
    evidence = (each for answer in members for each in answer.evidence)
    statements = dict.fromkeys(origin(each, directory) for each in evidence if each.because.startswith("may decide"))
    for each in list(statements)[:_SHOWN_STATEMENTS]:
        yield from wrapped("    ", each, width, Style.QUIET)
    if len(statements) > _SHOWN_STATEMENTS:
        yield line(Span(f"    and {counted(len(statements) - _SHOWN_STATEMENTS, 'statement')} more", Style.QUIET))


def _members(members: list[Answer], width: int) -> Iterator[Line]:
    for answer in members[:_SHOWN_PER_GROUP]:
        need = answer.requirement
        where = need.task_definition + (f", container {need.container}" if need.container else "")
        yield from wrapped("    - ", f"{where}: {need.action} on {need.shown_resource}", width, Style.QUIET)
    if len(members) > _SHOWN_PER_GROUP:
        yield line(Span(f"    - and {len(members) - _SHOWN_PER_GROUP} more", Style.QUIET))


def _skipped(report: Report, width: int) -> Iterator[Line]:
    if report.skipped:
        total = counted(len(report.skipped), "resource")
        yield line(Span("skipped", Style.WARNING), Span(f": {total} could not be analysed", Style.STRONG))
    for each in report.skipped:
        yield from wrapped("  - ", f"{each.address}: {each.reason}", width)


def _notes(report: Report, width: int) -> Iterator[Line]:
    assumptions = (each for answer in report.answers for each in answer.assumptions)
    for note in dict.fromkeys((*report.notes, *assumptions)):
        yield from wrapped(Span("note: ", Style.INFO), note, width)


def summary(report: Report) -> str:
    """Count in one line what a report holds."""
    verdicts = [answer.verdict for answer in report.answers]
    by_verdict = ", ".join(f"{verdicts.count(verdict)} {verdict.value}" for verdict in Verdict)
    severities = [finding.severity for finding in report.findings]
    by_severity = [
        counted(severities.count(severity), name)
        for severity, name in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"))
    ]
    if Severity.INFO in severities:
        by_severity.append(counted(severities.count(Severity.INFO), "remark"))
    return (
        f"{counted(len(report.task_definitions), 'task definition')}, "
        f"{counted(len(report.answers), 'requirement')}: {by_verdict}; {', '.join(by_severity)}"
    )
