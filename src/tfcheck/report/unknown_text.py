"""Render for a terminal what cannot be decided, and what would decide it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from tfcheck.report.cause_text import Detail, origin
from tfcheck.report.causes import block, blocks
from tfcheck.report.screen import Line, Span, SpanStyle, line, wrap
from tfcheck.report.words import deciding_words, open_question, plural, question_words, sentence
from tfcheck.vocabulary.finding import Answer, EvidenceKind, Reason, Report

_SHOWN = 3
_SHOWN_STATEMENTS = 3


def unknown_lines(report: Report, detail: Detail) -> Iterator[list[Line]]:
    """Write what is undecided, one paragraph per cause."""
    for (reason, cause), members in open_questions(report).items():
        yield list(_paragraph(reason, cause, members, report, detail))


def open_questions(report: Report) -> dict[tuple[Reason | None, str], list[Answer]]:
    """Return what is undecided, by reason and cause."""
    groups: dict[tuple[Reason | None, str], list[Answer]] = {}
    for answer in report.undecided_answers():
        groups.setdefault(open_question(answer), []).append(answer)
    return groups


def _paragraph(
    reason: Reason | None, cause: str, members: list[Answer], report: Report, detail: Detail
) -> Iterator[Line]:
    yield from _title(members, detail)
    yield from wrap("  ", sentence(question_words(reason, cause)), detail.width)
    yield from _deciding(members, detail)
    rows = list(dict.fromkeys((each.requirement.action, each.requirement.shown_resource) for each in members))
    most = detail.limit(_SHOWN)
    for action, resource in rows[:most]:
        yield from wrap("    ", f"{action} on {resource}", detail.width, SpanStyle.QUIET)
    if len(rows) > most:
        yield line(Span(f"    and {len(rows) - most:,} more (--expand shows all)", SpanStyle.QUIET))
    advice = deciding_words(reason, cause, has_sources=report.plan.sources is not None)
    if advice:
        yield from wrap("  ", advice, detail.width)


def _title(members: list[Answer], detail: Detail) -> Iterator[Line]:
    needs = [each.requirement for each in members]
    rules = dict.fromkeys(each.rule for each in needs)
    tasks = dict.fromkeys(each.task_definition for each in needs)
    shown = blocks(tasks)
    label = Span(f"unknown[{', '.join(rules)}]: " if len(rules) <= _SHOWN else "unknown: ", SpanStyle.UNKNOWN)
    who = shown[0] if len(shown) == 1 else plural(len(tasks), "task definition")
    what = f"{plural(len(members), 'permission')} of {who} cannot be decided"
    yield from wrap(label, what, detail.width, SpanStyle.STRONG)


def _deciding(members: list[Answer], detail: Detail) -> Iterator[Line]:
    """Name the statements that may decide."""
    evidence = [each for answer in members for each in answer.evidence if each.kind is EvidenceKind.MAY_DECIDE]
    if not detail.expand and len(set(evidence)) > _SHOWN_STATEMENTS:
        evidence = [replace(each, policy=block(each.policy)) for each in evidence]
    statements = list(dict.fromkeys(origin(each, detail.directory) for each in evidence))
    most = detail.limit(_SHOWN_STATEMENTS)
    for each in statements[:most]:
        yield from wrap("    ", each, detail.width, SpanStyle.QUIET)
    if len(statements) > most:
        yield line(Span(f"    and {plural(len(statements) - most, 'more statement')}", SpanStyle.QUIET))
