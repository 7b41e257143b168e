"""Render a report for a terminal.

The answer comes first, then each cause: who needs what, which grants come near it, and the fix. What needs no action is
shown only with `--verbose`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tfcheck.report.cause_text import Detail, cause_lines, origin, unknown_lines
from tfcheck.report.causes import Cause, broken_tasks, causes, fixes
from tfcheck.report.change_words import TASKS, access_changes, changed_tasks
from tfcheck.report.instance_names import blocks, skipped_blocks
from tfcheck.report.left_out_words import (
    configuration_words,
    severity_counts,
    unselected_words,
    waived_groups,
    waived_words,
    waiver_sentences,
)
from tfcheck.report.safe_text import visible
from tfcheck.report.screen import Line, Span, SpanStyle, columns, line, render_lines, wrap
from tfcheck.report.words import TaskStatus, baseline_words, headline, instances, lack_words, plural, standings
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer, Fix, Remedy, Report, Severity, Verdict

_SHOWN_SKIPPED = 50
_SHOWN_WAIVED = 10
_WIDEST_ADDRESS = 64
#: The beginnings of notes that matter only if a verdict surprises.
_SHOWN_IF_VERBOSE = ("assumes ", "not evaluated")


def text(report: Report, detail: Detail = Detail(), *, colour: bool = False) -> str:  # noqa: B008 (frozen)
    """Write a report for people; `colour` adds ANSI colours."""
    found = causes(report.open_findings)
    return render_lines(_separate(_paragraphs(report, found, detail)), colour=colour)


def _paragraphs(report: Report, found: list[Cause], detail: Detail) -> Iterator[list[Line]]:
    standing = standings(report)
    style, words = headline([report], standing)
    plan = report.plan.path
    if len(visible(f"{plan}: {words}")) <= detail.width:
        yield [line(Span(f"{plan}: ", SpanStyle.STRONG), Span(words, style))]
    else:
        yield [line(Span(f"{plan}:", SpanStyle.STRONG)), *wrap("  ", words, detail.width, style)]
    yield list(broken_lines(report, detail))
    if detail.verbose:
        yield list(_task_definitions(standing, detail))
    shown: set[Fix | Remedy] = set()
    for cause in found:
        yield list(cause_lines(cause, detail, shown))
    if not detail.quiet:
        yield from unknown_lines(report, detail)
    yield [
        row
        for plan in report.unread
        for row in wrap(Span("not checked: ", SpanStyle.WARNING), plan.problem, detail.width)
    ]
    yield list(_skipped_lines(report, detail))
    if detail.verbose:
        yield list(_render_allowed(report.answers, detail))
    if not detail.quiet:
        yield list(access_lines(report, detail))
        yield list(_notes(report, detail))
    yield list(_waived_lines(report, detail))
    yield list(_selection(report, detail))
    yield list(_end(report, found, detail))


def _separate(parts: Iterable[list[Line]]) -> Iterator[Line]:
    """Yield the non-empty parts, separated by an empty line."""
    first = True
    for part in parts:
        if part and not first:
            yield ()
        yield from part
        first = first and not part


def _task_definitions(standing: dict[str, TaskStatus], detail: Detail) -> Iterator[Line]:
    rows = [(Span(address), Span(each.words, each.style)) for address, each in standing.items()]
    for (address, each), row in zip(standing.items(), columns(rows, "", _WIDEST_ADDRESS), strict=True):
        shown = line("  ", Span(each.mark, each.style), " ", *row)
        if sum(len(visible(span.text)) for span in shown) <= detail.width:
            yield shown
        else:
            yield line("  ", Span(each.mark, each.style), " ", address)
            yield from wrap("      ", each.words, detail.width, each.style)


def _render_allowed(answers: tuple[Answer, ...], detail: Detail) -> Iterator[Line]:
    """Write which statement grants each allowed permission."""
    granted = [each for each in answers if each.verdict is Verdict.ALLOWED]
    if granted:
        yield line(Span("allowed", SpanStyle.GOOD), Span(f": {plural(len(granted), 'permission')}", SpanStyle.STRONG))
    for answer in granted:
        need = answer.requirement
        yield from wrap("  ", f"{need.task_definition}: {need.action} on {need.shown_resource}", detail.width)
        for each in answer.evidence:
            yield from wrap("    by ", origin(each, detail.directory), detail.width, SpanStyle.QUIET)


def _skipped_lines(report: Report, detail: Detail) -> Iterator[Line]:
    if report.skipped:
        total = plural(len(report.skipped), "resource")
        yield line(Span("skipped", SpanStyle.WARNING), Span(f": {total} could not be analysed", SpanStyle.STRONG))
    counts: Counter[str] = Counter()
    rows = [(each, 1) for each in report.skipped] if detail.expand else skipped_blocks(report.skipped)
    for each, number in rows:
        counts[each.reason] += 1
        if counts[each.reason] <= _SHOWN_SKIPPED:
            yield from wrap("  ", f"{each.address}{instances(number)}: {each.reason}", detail.width)
    for reason, count in counts.items():
        if count > _SHOWN_SKIPPED:
            yield from wrap("  ", f"and {count - _SHOWN_SKIPPED:,} more: {reason}", detail.width)


def important_notes(report: Report) -> tuple[str, ...]:
    """Return the notes that matter even if no verdict surprises."""
    return tuple(each for each in report.notes_and_assumptions if not each.startswith(_SHOWN_IF_VERBOSE))


def _notes(report: Report, detail: Detail) -> Iterator[Line]:
    for note in report.notes_and_assumptions if detail.verbose else important_notes(report):
        yield from wrap(Span("note: ", SpanStyle.INFO), note, detail.width)
    assumed = sum(note.startswith(_SHOWN_IF_VERBOSE[0]) for note in report.notes_and_assumptions)
    if assumed and not detail.verbose:
        yield line(Span(f"{plural(assumed, 'assumption')}, see -v", SpanStyle.QUIET))


def _waived_lines(report: Report, detail: Detail) -> Iterator[Line]:
    """Write waived findings with their reasons, and the waivers without effect."""
    groups = waived_groups([report])
    for each in groups[: detail.limit(_SHOWN_WAIVED)]:
        yield from wrap(Span("waived: ", SpanStyle.WARNING), waived_words(each), detail.width)
    if len(groups) > detail.limit(_SHOWN_WAIVED):
        yield line(f"and {plural(len(groups) - detail.limit(_SHOWN_WAIVED), 'more waiver')} (--expand shows all)")
    for sentence in waiver_sentences([report], verbose=detail.verbose):
        yield from wrap(Span("note: ", SpanStyle.INFO), sentence, detail.width)


def _selection(report: Report, detail: Detail) -> Iterator[Line]:
    """Write what is left out and why, even in short reports."""
    words = configuration_words(report.configuration)
    if report.unselected:
        yield from wrap(Span("not reported: ", SpanStyle.WARNING), unselected_words(report), detail.width)
    if words:
        yield from wrap(Span("configuration: ", SpanStyle.INFO), words, detail.width)


def _end(report: Report, found: list[Cause], detail: Detail) -> Iterator[Line]:
    if words := summary(report, found):
        yield from wrap("", f"{words}.", detail.width, SpanStyle.STRONG)
    for sentence in baseline_words(report):
        yield from wrap("", sentence, detail.width)
    number = len({fix for cause in found for fix in fixes(cause.findings) if fix.diff})
    if number and report.plan.path != "-":
        from shlex import quote

        words = f"Apply {'the fix' if number == 1 else 'the fixes'} with:"
        command = f"tfcheck fix {quote(report.plan.path)} --write"
        if len(visible(f"{words} {command}")) <= detail.width:
            yield line(f"{words} {command}")
        else:  # on a line of its own it can be copied
            yield line(words)
            yield line(f"  {command}")


def summary(report: Report, found: list[Cause] | None = None) -> str:
    """Return a report in one clause, with required and recommended permissions apart; empty without any task."""
    found = causes(report.open_findings) if found is None else found
    counts = ", ".join(severity_counts(cause.severity for cause in found))
    missing, others = _permissions(report)
    return (": " if missing else ", ").join(filter(None, (counts, ", ".join([*missing, *others]))))


def _permissions(report: Report) -> tuple[list[str], list[str]]:
    """Return how many permissions are missing, and how many are unknown or, without any of both, how many there are."""
    known = {id(answer) for finding in report.known_findings for answer in finding.answers}
    counting = [
        each for each in report.counted_answers() if not each.requirement.necessity.mistaken and id(each) not in known
    ]
    denied = [each for each in counting if each.verdict is Verdict.DENIED]
    required = [each for each in denied if each.requirement.severity is Severity.ERROR]
    recommended = sum(each.requirement.severity is Severity.WARNING for each in denied)
    what = lack_words(required or denied)
    unknown = sum(each.verdict is Verdict.UNKNOWN for each in counting)
    counts = [f"{plural(len(required), 'required permission')} {what}"] if required else []
    if recommended:
        alone = f"{plural(recommended, 'recommended permission')} {what}"
        counts.append(f"{recommended:,} recommended" if required else alone)
    if unknown:
        return counts, [f"{unknown:,} of {plural(len(counting), 'permission')} not decided"]
    counted = "other permission" if known else "permission"
    checked = not counts and (counting or report.task_definitions)
    return counts, [f"{plural(len(counting), counted)} checked"] if checked else []


_SHOWN = 3
_SHOWN_TASKS = 4
_STYLES = {
    "broken": SpanStyle.ERROR,
    "fixed": SpanStyle.GOOD,
    "still_broken": SpanStyle.WARNING,
    "switched": SpanStyle.INFO,
    "revoked": SpanStyle.WARNING,
    "granted": SpanStyle.INFO,
    "unknown": SpanStyle.UNKNOWN,
}
_Row = tuple[str, SpanStyle, str]


def broken_lines(report: Report, detail: Detail) -> Iterator[Line]:
    """Write which task definitions the change breaks, before the findings."""
    tasks = blocks(broken_tasks([report]))
    if tasks:
        shown = few(tasks, detail.limit(_SHOWN_TASKS))
        yield from wrap(Span("This change breaks ", SpanStyle.ERROR), shown, detail.width)


def access_lines(report: Report, detail: Detail) -> Iterator[Line]:
    """Write the other effects of the change: fixed tasks, granted and revoked access."""
    rows = [*_tasks(report, detail), *_roles(report, detail)]
    if len(rows) == 1:
        words, _, what = rows[0]
        change = f"It is unknown {what}." if words == "unknown" else f"This change {words} {what}."
        yield from wrap("", change, detail.width)
        return
    if rows:
        yield line(Span("This change", SpanStyle.STRONG))
    for words, style, what in rows:
        yield from wrap(Span(f"  {words:<14}", style), what, detail.width)


def _tasks(report: Report, detail: Detail) -> Iterator[_Row]:
    for kind, words in TASKS.items():
        if kind != "broken":
            found = blocks(changed_tasks(report, kind))
            yield from ((words, _STYLES[kind], each) for each in _some(found, _SHOWN_TASKS, detail))


def _roles(report: Report, detail: Detail) -> Iterator[_Row]:
    for kind in access_changes(report):
        words = "switches role" if kind.kind == "switched" else kind.words
        lines = _some([each.plain for each in kind.lines], _SHOWN, detail)
        yield from ((words, _STYLES[kind.kind], each) for each in lines)


def _some(lines: Sequence[str], most: int, detail: Detail) -> Iterator[str]:
    most = detail.limit(len(lines) if detail.verbose else most)
    yield from lines[:most]
    if len(lines) > most:
        yield f"{len(lines) - most:,} more"
