"""Render one finding for a terminal."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tfcheck.report.contrast import nearest, parting
from tfcheck.report.quotation import quotable
from tfcheck.report.screen import Line, Span, Style, line, visible, wrapped
from tfcheck.report.words import SEVERITY_STYLES, VERDICT_STYLES, counted, reason_words, symptom_words
from tfcheck.vocabulary.finding import Answer, Evidence, Finding, Fix, Location, Verdict

_SHOWN_ANSWERS = 12
_SHOWN_EVIDENCE = 4
_SHOWN_PATTERNS = 3
_CHANGES = {
    "introduced": "new with this change",
    "existing": "already broken before this change",
}


def finding_lines(finding: Finding, width: int, directory: str = ".", *, quoted: bool = True) -> Iterator[Line]:
    """Write one finding: title, places, who needs what, why it fails, how that shows, what fixes it.

    `directory` is put before the files of places; with `quoted` their source lines are shown.
    """
    yield from _title(finding, width)
    yield from _places(finding, directory, quoted=quoted)
    yield from _facts(finding, width)
    answers = _apart(finding.answers)
    for answer in answers[:_SHOWN_ANSWERS]:
        yield from _answer(answer, width, directory)
    if len(answers) > _SHOWN_ANSWERS:
        yield line(f"  and {counted(len(answers) - _SHOWN_ANSWERS, 'requirement')} more")
    if finding.explanation:
        yield ()
    for sentence in finding.explanation:
        yield from wrapped("  = ", sentence, width)
    yield from _symptom(finding.symptom, width)
    if finding.fix:
        yield from _fix(finding.fix, width)


def _apart(answers: tuple[Answer, ...]) -> list[Answer]:
    """Keep one of the answers that need the same action on the same thing: several files may share a bucket."""
    found: dict[tuple[str, str], Answer] = {}
    for each in answers:
        found.setdefault((each.requirement.action, each.requirement.shown_resource), each)
    return list(found.values())


def _title(finding: Finding, width: int) -> Iterator[Line]:
    label = Span(f"{finding.severity.value}[{finding.rule}]: ", SEVERITY_STYLES[finding.severity])
    first = True
    for _, part in wrapped("", finding.message, width - len(label.text), Style.STRONG):
        yield line(label if first else Span(" " * len(label.text)), part)
        first = False


def _places(finding: Finding, directory: str, *, quoted: bool) -> Iterator[Line]:
    places = [place for place in (finding.location, finding.needed_at) if place is not None]
    gutter = max((len(str(place.line)) for place in places), default=1)
    for place in places:
        aside = "  needed here" if place is finding.needed_at and finding.location else ""
        yield line(Span(f"{' ' * gutter}--> ", Style.MARK), _written(place, directory), Span(aside, Style.QUIET))
        source = quotable(place.text) if quoted else ""
        if source:
            yield line(Span(f"{' ' * gutter} │", Style.MARK))
            yield line(Span(f"{place.line:>{gutter}} │ ", Style.MARK), source)
            yield line(Span(f"{' ' * gutter} │", Style.MARK))


def _written(place: Location, directory: str) -> str:
    return f"{posixpath.normpath(posixpath.join(directory, place.file))}:{place.line}"


def _facts(finding: Finding, width: int) -> Iterator[Line]:
    yield from wrapped(Span("  task definition  ", Style.QUIET), finding.task_definition, width)
    for need in dict.fromkeys(f"{each.requirement.cause}, {each.requirement.pointer}" for each in finding.answers):
        yield from wrapped(Span("  needed by        ", Style.QUIET), need, width)
    for role, kind in dict.fromkeys((answer.role, answer.requirement.role_kind.value) for answer in finding.answers):
        label = f"{kind} role".ljust(17)
        yield from wrapped(Span(f"  {label}", Style.QUIET), role or "none", width)
    if finding.change:
        words = _CHANGES.get(finding.change, finding.change)
        yield from wrapped(Span("  change           ", Style.QUIET), _broken(finding) or words, width)


def _broken(finding: Finding) -> str:
    """Return which actions were allowed before; a change that breaks what works deserves the plainest words."""
    lost = dict.fromkeys(
        answer.requirement.action
        for answer in finding.answers
        if answer.before is Verdict.ALLOWED and answer.verdict is Verdict.DENIED
    )
    return f"this change breaks it: {', '.join(lost)} was allowed before" if lost else ""


def _answer(answer: Answer, width: int, directory: str) -> Iterator[Line]:
    need = answer.requirement
    yield ()
    verdict = Span(answer.verdict.value, VERDICT_STYLES[answer.verdict])
    why = f": {reason_words(answer.reason)}" if answer.verdict is not Verdict.ALLOWED else ""
    yield line("  ", Span(need.action, Style.STRONG), " is ", verdict, why)
    yield line(Span("    needed   ", Style.QUIET), need.shown_resource)
    for each in answer.evidence[:_SHOWN_EVIDENCE]:
        yield from _evidence(each, need.shown_resource, width, directory)
    if len(answer.evidence) > _SHOWN_EVIDENCE:
        rest = counted(len(answer.evidence) - _SHOWN_EVIDENCE, "statement")
        yield line(Span(f"             and {rest} more", Style.QUIET))
    if answer.waits_for:
        yield from wrapped(Span("    waits for ", Style.QUIET), answer.waits_for, width)


def _evidence(evidence: Evidence, needed: str, width: int, directory: str) -> Iterator[Line]:
    label = "denied" if evidence.effect == "Deny" else "granted"
    patterns = nearest(needed, evidence.patterns)
    for number, pattern in enumerate(patterns[:_SHOWN_PATTERNS]):
        yield line(Span(f"    {'' if number else label:<9}", Style.QUIET), pattern)
        stop = parting(needed, pattern) if _is_compared(evidence) else None
        if stop:  # nothing is to be pointed at where not even the beginnings agree: one of them may be a reference
            yield line(" " * (13 + len(visible(pattern[:stop]))), Span("^", Style.ERROR))
    if len(patterns) > _SHOWN_PATTERNS:
        yield line(Span(f"             and {counted(len(patterns) - _SHOWN_PATTERNS, 'pattern')} more", Style.QUIET))
    lead = " " * 13 if patterns else f"    {label:<9}"
    yield from wrapped(Span(lead, Style.QUIET), origin(evidence, directory), width, Style.QUIET)


def _is_compared(evidence: Evidence) -> bool:
    """Whether the patterns are resources that ought to match; they may be those of a deny, or actions."""
    return evidence.effect == "Allow" and not evidence.because.startswith("action")


def origin(evidence: Evidence, directory: str) -> str:
    """Report in one sentence where a statement stands, and what it does."""
    statement = f" ({evidence.sid})" if evidence.sid else ""
    place = f" at {_written(evidence.location, directory)}" if evidence.location else ""
    because = f": {evidence.because}" if evidence.because else ""
    return f"by {evidence.policy}{statement}{place}{because}"


def _symptom(symptom: str, width: int) -> Iterator[Line]:
    if symptom:
        yield ()
        yield line(Span(f"  {symptom_words(symptom)} ECS would say", Style.QUIET))
        yield from wrapped("    ", symptom, width)


def _fix(fix: Fix, width: int) -> Iterator[Line]:
    marks = ", ".join(filter(None, (fix.safety, "proven" if fix.proven else "")))
    yield ()
    yield from wrapped(Span("  fix: ", Style.GOOD), f"{fix.title} ({marks})", width)
    for text in (fix.diff or fix.hcl).rstrip("\n").split("\n") if fix.hcl or fix.diff else ():
        style = {"+": Style.GOOD, "-": Style.ERROR}.get(text[:1], Style.PLAIN) if fix.diff else Style.PLAIN
        yield line("    ", Span(text.replace("\t", "    "), style))
