"""Render one cause for a terminal, or what cannot be decided."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from tfcheck.report.causes import Cause, Group, Need, breakage, fixes, remedies
from tfcheck.report.instance_names import block, blocks, keys
from tfcheck.report.safe_text import quotable, visible
from tfcheck.report.screen import Line, Span, SpanStyle, line, wrap
from tfcheck.report.words import (
    SEVERITY_STYLES,
    compares_resources,
    evidence_words,
    outcome_words,
    plural,
    role_problem_words,
    sentence,
    title,
)
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer, Evidence, EvidenceKind, Fix, Location, Reason, Remedy, Report
from tfcheck.vocabulary.grouping import group_by_key

if TYPE_CHECKING:
    from tfcheck.report.question_words import OpenQuestion

_SHOWN_GROUPS = 3
_SHOWN_NEEDS = 6
_SHOWN_BLOCKS = 4
_SHOWN_EVIDENCE = 2
_SHOWN_PATTERNS = 2
#: More than there are of anything: all are shown.
_ALL = 1_000_000
_HUNK = regex(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@.*")
_KEYS_SHOWN = 4


class Detail(msgspec.Struct, frozen=True):
    """The level of detail.

    `width` is the screen's in columns, from 60. `quiet` omits explanations and what needs no action, `verbose` adds
    what is allowed and why, and the assumptions, `expand` lists every instance. `directory` is the reader's path to the
    files.
    """

    width: int = 100
    directory: str = "."
    quiet: bool = False
    verbose: bool = False
    expand: bool = False

    def limit(self, number: int) -> int:
        """Return the number of items to show, which is `number` if all are requested."""
        return _ALL if self.expand else number


def cause_lines(cause: Cause, detail: Detail, shown_before: set[Fix | Remedy]) -> Iterator[Line]:
    """Write one cause with its fixes, except those in `shown_before`; they are added to that."""
    label = Span(f"{cause.severity.value}[{cause.rule}]: ", SEVERITY_STYLES[cause.severity])
    several = f" ({plural(len(cause.tasks), 'task definition')})" if len(cause.tasks) > 1 else ""
    yield from wrap(label, f"{title(cause)}{several}", detail.width, SpanStyle.STRONG)
    if not detail.quiet:
        yield from _place_lines(cause, detail)
    groups = cause.groups[: 1 if detail.quiet and not detail.expand else detail.limit(_SHOWN_GROUPS)]
    above = 0
    for group in groups:
        lines = list(_group(cause, group, detail))
        if (group.needs and not detail.quiet) or (above and max(above, len(lines)) > 1):
            yield ()
        yield from lines
        above = len(lines)
    if len(cause.groups) > len(groups):
        if above > 1 and not detail.quiet:
            yield ()
        yield from wrap("  ", f"and {plural(*cause.rest(len(groups)))} (--expand shows all)", detail.width)
    if not detail.quiet:
        symptoms = [each.symptom for each in cause.findings if each.symptom]
        for symptom in dict.fromkeys(symptoms if detail.verbose else symptoms[:1]):
            yield ()
            yield from wrap("  ", outcome_words(symptom, cause), detail.width)
            yield from wrap("    ", symptom, detail.width)
        yield from _fixes(cause, detail, shown_before)


def _place_lines(cause: Cause, detail: Detail) -> Iterator[Line]:
    first = cause.findings[0]
    place = first.needed_at or first.location
    if place is None:
        return
    source = quotable(place.text).strip()
    written = f"  --> {place_text(place, detail.directory)}"
    shown = f"  {source}" if source and len(written) + 2 + len(source) <= detail.width else ""
    yield line(Span("  --> ", SpanStyle.MARK), place_text(place, detail.directory), Span(shown, SpanStyle.QUIET))


def place_text(place: Location, directory: str) -> str:
    """Write a place as `main.tf:12`, relative to the reader's directory."""
    return f"{posixpath.normpath(posixpath.join(directory, place.file))}:{place.line}"


def place_words(place: Location | None, detail: Detail) -> str:
    """Write a place in brackets after what is there; nothing without a place."""
    return f" ({place_text(place, detail.directory)})" if place else ""


# Who needs what


def _group(cause: Cause, group: Group, detail: Detail) -> Iterator[Line]:
    if not group.needs or cause.reason is Reason.TRUST_POLICY:
        names = cause.names(group)
        yield from wrap("  ", f"{_tasks(group, detail)}: {names}" if names else _tasks(group, detail), detail.width)
        if group.role and group.role not in group.shown:
            where = place_words(group.findings[0].location, detail)
            yield from wrap("  ", f"see {group.role}{where}", detail.width)
    else:
        yield from wrap("  ", f"{_tasks(group, detail)} {'need' if len(group.tasks) > 1 else 'needs'}", detail.width)
        yield from _need_lines(group, detail)
        if not detail.quiet:
            role = f"{group.role}{place_words(group.findings[0].location, detail)}" if group.role else ""
            problem = role_problem_words(cause.reason, cause.role_kind, role)
            yield from wrap("  ", f"but {problem}.", detail.width)
    if (not detail.quiet or detail.expand) and len(group.shown) < len(group.tasks):
        yield from wrap("  Instances: ", instances(group.tasks, detail), detail.width)
    if not detail.quiet:
        yield from _nearest_statements(group, detail)
        yield from _explanations(group, detail)


def _tasks(group: Group, detail: Detail) -> str:
    return few(group.shown, detail.limit(_SHOWN_BLOCKS))


def _need_lines(group: Group, detail: Detail) -> Iterator[Line]:
    needs = group.needs[: detail.limit(_SHOWN_NEEDS)]
    rows = [
        (each.answer.requirement.action, each.resource, "required" if each.is_required else "recommended")
        for each in needs
    ]
    action, resource = (max(len(visible(row[number])) for row in rows) for number in (0, 1))
    fits = 4 + action + 4 + resource + 3 + len("recommended") <= detail.width
    for each, (what, where, weight) in zip(needs, rows, strict=True):
        style = SpanStyle.ERROR if each.is_required else SpanStyle.WARNING
        if fits:
            pads = " " * (action - len(visible(what))), " " * (resource - len(visible(where)))
            yield line(
                "    ", Span(what, SpanStyle.STRONG), f"{pads[0]} on ", where, f"{pads[1]}   ", Span(weight, style)
            )
        else:
            yield line("    ", Span(what, SpanStyle.STRONG), " (", Span(weight, style), ") on")
            yield line("      ", where)
        if detail.verbose:
            needed = each.answer.requirement
            yield from wrap("      ", f"{needed.cause}, {needed.pointer}", detail.width, SpanStyle.QUIET)
    if len(group.needs) > len(needs):
        yield line(f"    and {plural(len(group.needs) - len(needs), 'more permission')} (--expand shows all)")


def instances(tasks: Sequence[str], detail: Detail) -> str:
    """Return task definitions by key: the first and the last of many, unless all are requested."""
    names = [", ".join(each) or task for task, each in keys(tasks).items()]
    if detail.expand or len(names) <= _KEYS_SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[: _KEYS_SHOWN - 1])}, ... {names[-1]} ({len(names)}; --expand lists them)"


# Why it is not granted


def _nearest_statements(group: Group, detail: Detail) -> Iterator[Line]:
    """Yield the nearest or denying statements, the same ones only once."""
    shown: set[Evidence] = set()
    for need in group.needs:
        rest = [each for each in need.answer.evidence if each not in shown]
        for each in rest[: detail.limit(_ALL if detail.verbose else _SHOWN_EVIDENCE)]:
            shown.add(each)
            yield ()
            yield from _evidence(need, each, detail)
        if len(shown) >= _SHOWN_EVIDENCE and not detail.verbose:
            break


def _evidence(need: Need, evidence: Evidence, detail: Detail) -> Iterator[Line]:
    yield from wrap("  ", f"{origin(evidence, detail.directory)}", detail.width)
    needed = need.answer.requirement.shown_resource
    from tfcheck.report.pattern_mismatch import nearest, parting

    patterns = nearest(need.answer.requirement, evidence)
    most = _ALL if detail.verbose else _SHOWN_PATTERNS
    label = "denied" if evidence.effect == "Deny" else "granted"
    if patterns and compares_resources(evidence):
        yield line(Span("    needed   ", SpanStyle.QUIET), needed)
    for number, pattern in enumerate(patterns[:most]):
        yield line(Span(f"    {'' if number else label:<9}", SpanStyle.QUIET), pattern)
        stop = parting(needed, pattern) if compares_resources(evidence) else None
        if stop:  # nothing is marked if not even the beginnings agree: one of them may be a reference
            yield line(" " * (13 + len(visible(pattern[:stop]))), Span("^", SpanStyle.ERROR))
    if len(patterns) > most:
        yield line(Span(f"             and {len(patterns) - most:,} more", SpanStyle.QUIET))


def origin(evidence: Evidence, directory: str) -> str:
    """Return a description of a statement's place and effect."""
    statement = f" ({evidence.sid})" if evidence.sid else ""
    place = f" at {place_text(evidence.location, directory)}" if evidence.location else ""
    return f"{evidence.policy}{statement}{place}: {evidence_words(evidence)}"


def _explanations(group: Group, detail: Detail) -> Iterator[Line]:
    """Yield what a reader may not know; recommended permissions need no more, unless requested."""
    first = group.findings[0]
    subject = "It was" if len(group.tasks) == 1 else "They were"
    before = f"{subject} already broken before this change" if first.change == "existing" else ""
    findings = group.findings if detail.verbose else (first,)
    explained = [each for finding in findings for each in finding.explanation]
    sentences = [sentence(each) for each in dict.fromkeys((breakage(group) or before, *explained)) if each]
    if sentences:
        yield ()
    for each in sentences:
        yield from wrap("  ", each, detail.width)


# Its consequence, and its fix


def _fixes(cause: Cause, detail: Detail, shown_before: set[Fix | Remedy]) -> Iterator[Line]:
    changes, to_do = fixes(cause.findings), list(remedies(cause.findings).items())
    few = not cause.groups[0].needs and len(changes) + len(to_do) <= _SHOWN_GROUPS
    most = detail.limit(_SHOWN_GROUPS if few else 1)
    for fix in changes[:most]:
        yield ()
        again = fix in shown_before
        marks = "as above" if again else ", ".join(filter(None, (fix.safety, "proven" if fix.proven else "")))
        yield from wrap(Span("  fix: ", SpanStyle.GOOD), f"{fix.title} ({marks})", detail.width)
        if not again:
            yield from (_diff(fix.diff) if fix.diff else _code(fix.hcl))
    if rest := len(changes[most:]):
        yield from wrap("  ", f"and {plural(rest, 'more fix', 'more fixes')} (--expand shows all)", detail.width)
    for gist, remedy in to_do[:most]:
        yield ()
        again = bool(remedy.hcl) and gist in shown_before
        yield from wrap(Span("  to do: ", SpanStyle.GOOD), remedy.words + " (as above)" * again, detail.width)
        yield from _code("" if again else remedy.hcl)
    if to_do[most:]:
        yield from wrap("  ", f"and {len(to_do[most:]):,} more to do (--expand shows all)", detail.width)
    shown_before.update(changes[:most], (gist for gist, _ in to_do[:most]))


def _code(hcl: str) -> Iterator[Line]:
    for text in hcl.rstrip("\n").split("\n") if hcl else ():
        yield line("    ", text.replace("\t", "    "))


def _diff(diff: str) -> Iterator[Line]:
    """Write the hunks of a diff, each with its place in the file."""
    file = ""
    for text in diff.rstrip("\n ").split("\n"):
        if text.startswith("+++ "):
            file = text.removeprefix("+++ ").removeprefix("b/")
        elif found := _HUNK.match(text):
            yield line(Span(f"    @@ {file}:{found[1]} @@", SpanStyle.MARK))
        elif not text.startswith(("diff --git ", "--- ", "index ")):
            style = {"+": SpanStyle.GOOD, "-": SpanStyle.ERROR}.get(text[:1], SpanStyle.PLAIN)
            yield line("    ", Span(text.replace("\t", "    "), style))


_SHOWN = 3
_SHOWN_STATEMENTS = 3


def unknown_lines(report: Report, detail: Detail) -> Iterator[list[Line]]:
    """Write what is undecided, one paragraph per cause."""
    for question, members in open_questions(report).items():
        yield list(_paragraph(question, members, report, detail))


def open_questions(report: Report) -> dict[OpenQuestion, list[Answer]]:
    """Return what is undecided, by what is open."""
    undecided = report.undecided_answers()
    if not undecided:
        return {}
    from tfcheck.report.question_words import open_question

    return group_by_key((open_question(answer), answer) for answer in undecided)


def _paragraph(question: OpenQuestion, members: list[Answer], report: Report, detail: Detail) -> Iterator[Line]:
    from tfcheck.report.question_words import deciding_words, question_words

    needs = [each.requirement for each in members]
    rules = dict.fromkeys(each.rule for each in needs)
    tasks = dict.fromkeys(each.task_definition for each in needs)
    shown = blocks(tasks)
    label = Span(f"unknown[{', '.join(rules)}]: " if len(rules) <= _SHOWN else "unknown: ", SpanStyle.UNKNOWN)
    who = shown[0] if len(shown) == 1 else plural(len(tasks), "task definition")
    what = f"{plural(len(members), 'permission')} of {who} cannot be decided"
    yield from wrap(label, what, detail.width, SpanStyle.STRONG)
    yield from wrap("  ", sentence(question_words(question)), detail.width)
    yield from _deciding(members, detail)
    rows = list(dict.fromkeys((each.requirement.action, each.requirement.shown_resource) for each in members))
    most = detail.limit(_SHOWN)
    for action, resource in rows[:most]:
        yield from wrap("    ", f"{action} on {resource}", detail.width, SpanStyle.QUIET)
    if len(rows) > most:
        yield line(Span(f"    and {len(rows) - most:,} more (--expand shows all)", SpanStyle.QUIET))
    advice = deciding_words(question, report)
    if advice:
        yield from wrap("  ", advice, detail.width)


def _deciding(members: list[Answer], detail: Detail) -> Iterator[Line]:
    """Yield the statements that may decide."""
    evidence = [each for answer in members for each in answer.evidence if each.kind is EvidenceKind.MAY_DECIDE]
    if not detail.expand and len(set(evidence)) > _SHOWN_STATEMENTS:
        evidence = [replace(each, policy=block(each.policy)) for each in evidence]
    statements = list(dict.fromkeys(origin(each, detail.directory) for each in evidence))
    most = detail.limit(_SHOWN_STATEMENTS)
    for each in statements[:most]:
        yield from wrap("    ", each, detail.width, SpanStyle.QUIET)
    if len(statements) > most:
        yield line(Span(f"    and {plural(len(statements) - most, 'more statement')}", SpanStyle.QUIET))
