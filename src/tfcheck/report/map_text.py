"""Render the map of task definitions as a tree for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.report import access_map
from tfcheck.report.cause_text import Detail, instances, origin, place_words
from tfcheck.report.safe_text import visible
from tfcheck.report.screen import Line, Span, SpanStyle, line, render_lines, wrap
from tfcheck.report.words import SEVERITY_STYLES, VERDICT_STYLES, plural, sentence
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import RoleKind, Severity, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_MARKS = {Verdict.ALLOWED: "✓", Verdict.DENIED: "✗", Verdict.UNKNOWN: "?"}
WEIGHTS = {Severity.ERROR: "required", Severity.WARNING: "recommended", Severity.INFO: "optional"}
_SHOWN_NEAR = 2


class _Branch(msgspec.Struct, frozen=True):
    """A row of a tree: its label, sentences below it, and its branches."""

    label: tuple[Span, ...]
    below: tuple[Span, ...] = ()
    branches: tuple[_Branch, ...] = ()


def map_text(title: str, groups: Iterable[access_map.MapGroup], detail: Detail, *, colour: bool = False) -> str:
    """Write maps below a title, one tree after the other."""
    return render_lines(_group_lines(title, groups, detail), colour=colour)


def _group_lines(title: str, groups: Iterable[access_map.MapGroup], detail: Detail) -> Iterator[Line]:
    yield from wrap("", title, detail.width, SpanStyle.STRONG)
    for group in groups:
        yield ()
        task = group.map
        number = f" ({plural(len(group.tasks), 'instance')})" if len(group.tasks) > 1 else ""
        yield from wrap(
            Span(f"{task.status.mark} ", task.status.style), f"{group.name}{number}", detail.width, SpanStyle.STRONG
        )
        yield from wrap(
            "  ", f"{task.status.words}{place_words(task.location, detail)}", detail.width, task.status.style
        )
        if number:
            yield from wrap("  instances: ", instances(group.tasks, detail), detail.width, SpanStyle.QUIET)
        yield from _draw_tree(tuple(_branches(task, detail)), "", detail.width)


# The branches


def _branches(task: access_map.TaskNode, detail: Detail) -> Iterator[_Branch]:
    yield from (
        _Branch((Span("? ", SpanStyle.UNKNOWN), Span(f"could not be analysed: {reason}"))) for reason in task.skipped
    )
    for each in task.misconfigurations:
        label = Span(f"{each.severity.value}[{each.rule}]: ", SEVERITY_STYLES[each.severity])
        yield _Branch((label, Span(f"{each.message}{place_words(each.location, detail)}")))
    for role in task.roles:
        if task.former_role and role.kind is RoleKind.EXECUTION:
            yield _Branch(
                (Span("- ", SpanStyle.ERROR), Span(f"execution role {task.former_role}: this change replaces it"))
            )
        yield _role(role, detail)


def _role(role: access_map.RoleNode, detail: Detail) -> _Branch:
    name = f"{role.address}{place_words(role.location, detail)}" if role.address else access_map.NO_ROLE
    return _Branch(
        (Span(f"{role.kind.value} role ", SpanStyle.QUIET), Span(name)),
        branches=(
            *(_policy(each, detail) for each in role.policies),
            *_unmet(role.unmet),
            *(_revoked_branch(each, "- ", SpanStyle.ERROR, "this change revokes it") for each in role.revoked),
            *(
                _revoked_branch(each, "? ", SpanStyle.UNKNOWN, "this change may revoke it")
                for each in role.possibly_revoked
            ),
        ),
    )


def _unmet(calls: Iterable[access_map.CallNode]) -> Iterator[_Branch]:
    """Group calls without a near statement by the reason."""
    alike = group_by_key(((each.because, each.decided_by), each) for each in calls)
    for (because, decided_by), members in alike.items():
        below = (Span(decided_by),) if decided_by else ()
        yield _Branch(
            (Span(because or access_map.NO_STATEMENT, SpanStyle.QUIET),),
            below,
            tuple(_Branch(_call_spans(each)) for each in members),
        )


def _revoked_branch(change: AccessChange, mark: str, style: SpanStyle, words: str) -> _Branch:
    because = f": {change.because}" if change.because else ""
    return _Branch((Span(mark, style), Span(f"{change.action} on {change.resource} ({words}{because})")))


def _policy(policy: access_map.PolicyNode, detail: Detail) -> _Branch:
    name = policy.address if policy.kind is access_map.PolicyOrigin.POLICY else policy.kind.value
    statements = tuple(
        _Branch(
            (Span(statement_name(each), SpanStyle.QUIET),), branches=tuple(_call(call, detail) for call in each.calls)
        )
        for each in policy.statements
    )
    return _Branch((Span(f"{name}{place_words(policy.location, detail)}"),), branches=statements)


def statement_name(statement: access_map.StatementNode) -> str:
    """Return a statement's Sid, otherwise its number; a denying one is marked."""
    name = statement.sid or (str(statement.number) if statement.number else "")
    denies = " (Deny)" if statement.effect == "Deny" else ""
    return f"statement {name}{denies}" if name else f"a statement{denies}"


def _call(call: access_map.CallNode, detail: Detail) -> _Branch:
    near = tuple(
        Span(f"near: {origin(each, detail.directory)}", SpanStyle.QUIET)
        for each in call.near[: detail.limit(_SHOWN_NEAR)]
    )
    if call.verdict is Verdict.UNKNOWN:
        waits = Span(sentence(call.because), VERDICT_STYLES[call.verdict])
        return _Branch(_call_spans(call), (waits, *((Span(call.decided_by),) if call.decided_by else ()), *near))
    because = f": {call.because}" if call.because else ""
    return _Branch(_call_spans(call, because), near)


def _call_spans(call: access_map.CallNode, because: str = "") -> tuple[Span, ...]:
    mark = (
        Span("· ", SpanStyle.QUIET) if call.optional else Span(f"{_MARKS[call.verdict]} ", VERDICT_STYLES[call.verdict])
    )
    weight = f" ({WEIGHTS[call.severity]})" if call.verdict is Verdict.DENIED else ""
    broken = " (allowed before this change)" if call.broken else ""
    return (mark, Span(f"{call.action} on {call.object}{weight}{because}{broken}"))


# Rails


def _draw_tree(branches: Sequence[_Branch], rail: str, width: int) -> Iterator[Line]:
    for number, branch in enumerate(branches, 1):
        last = number == len(branches)
        inner = f"{rail}{'   ' if last else '│  '}"
        below = f"{inner}{'│ ' if branch.branches else '  '}"
        yield from _label_lines(branch.label, f"{rail}{'└─ ' if last else '├─ '}", below, width)
        for span in branch.below:
            yield from _label_lines((span,), below, below, width)
        yield from _draw_tree(branch.branches, inner, width)


def _label_lines(label: tuple[Span, ...], first: str, others: str, width: int) -> Iterator[Line]:
    """Write spans after a rail; the last of them is wrapped."""
    *leading, last = label
    taken = len(first) + sum(len(visible(each.text)) for each in leading)
    words = textwrap.wrap(visible(last.text), max(width - taken, 20), break_long_words=False, break_on_hyphens=False)
    head, *rest = words or [""]
    yield line(Span(first, SpanStyle.QUIET), *leading, Span(head, last.style))
    if rest:
        again = textwrap.wrap(
            " ".join(rest), max(width - len(others), 20), break_long_words=False, break_on_hyphens=False
        )
        yield from (line(Span(others, SpanStyle.QUIET), Span(each, last.style)) for each in again)
