"""Explain a stopped reason on a terminal and as JSON, and what plans say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec

from tfcheck.report.cause_text import Detail, cause_lines
from tfcheck.report.causes import causes
from tfcheck.report.json import Json, document
from tfcheck.report.screen import Line, Span, SpanStyle, line, render_lines, wrap
from tfcheck.report.words import VERDICT_STYLES, plural, why_words
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import TextLike, Truth
from tfcheck.vocabulary.finding import Answer, Finding, Fix, Remedy, Report, RoleKind, Verdict
from tfcheck.vocabulary.stopped_reason import Denial, Explanation, KnownText, StopCause, explain_text


def explanation_text(explanation: Explanation, *, width: int, colour: bool) -> str:
    """Return the explanation of a text, regardless of the plan."""
    return render_lines(_meaning(explanation, width), colour=colour)


def _meaning(explanation: Explanation, width: int) -> Iterator[Line]:
    known, denial = explanation.known, explanation.denial
    yield line(Span("look at: ", SpanStyle.QUIET), Span(explanation.cause.value, SpanStyle.STRONG))
    yield ()
    unanswered = _is_unanswered(explanation)
    yield from wrap("  ", meaning(explanation), width)
    yield ()
    yield from _fact("seen", known.where, width)
    if not unanswered:
        yield from _fact("action", denial.action if denial else " or ".join(known.actions), width)
    if denial:
        yield from _fact("resource", denial.resource or "", width)
        yield from _fact("role", denial.role or "", width)
        yield from _fact("because", denial.why or "", width)
    yield from _fact("more", ", ".join(f"`tfcheck rules {each}`" for each in known.rules), width)


def meaning(explanation: Explanation) -> str:
    """Return the meaning of a text in a sentence or two."""
    return _NETWORK if _is_unanswered(explanation) else explanation.known.meaning


def _is_unanswered(explanation: Explanation) -> bool:
    """Whether the network kept a call from being answered, so that its permission is not the subject."""
    return explanation.cause is StopCause.NETWORK and explanation.known.cause is not StopCause.NETWORK


_NETWORK = (
    "the call got no answer: the task does not reach the service. Look at NAT or VPC endpoints, security groups, "
    "proxies and name resolution; no permission was refused"
)


def _fact(label: str, words: str, width: int) -> Iterator[Line]:
    if words:
        yield from wrap(Span(f"  {label:<10}", SpanStyle.QUIET), words, width)


def plan_text(explanation: Explanation, report: Report, *, width: int, colour: bool, directory: str) -> str:
    """Write what the plan shows: the missing permission and its fix, else what is undecided, or that all is granted."""
    found = related_rows(explanation, report)
    return render_lines(_plan_lines(found, explanation.cause, report, width, directory), colour=colour)


def _plan_lines(found: RelatedRows, cause: StopCause, report: Report, width: int, directory: str) -> Iterator[Line]:
    yield line(Span(f"in {report.plan.path}", SpanStyle.STRONG))
    yield ()
    yield from wrap("  ", verdict(found, cause), width)
    if cause is StopCause.NETWORK:
        return
    fixes: set[Fix | Remedy] = set()
    for each in causes(found.findings):
        yield ()
        yield from cause_lines(each, Detail(width, directory), fixes)
    shown = {row(answer) for finding in found.findings for answer in finding.answers}
    left = [each for each in found.answers if each.verdict is not Verdict.ALLOWED and row(each) not in shown]
    if left:
        yield ()
    for answer in left:
        need = answer.requirement
        yield from wrap(
            Span(f"  {answer.verdict.value:<9}", VERDICT_STYLES[answer.verdict]),
            f"{need.task_definition}: {need.action} on {need.shown_resource}: {why_words(answer)}",
            width,
        )


def verdict(found: RelatedRows, cause: StopCause) -> str:
    """Return the plan's verdict on a text, in a sentence."""
    calls = plural(len(found.answers), "call")
    if cause is StopCause.NETWORK:
        return _next_permission_hint(found, calls)
    if found.findings:
        return f"{plural(len(found.findings), 'finding')} about this"
    if not found.answers:
        if cause is StopCause.MISTAKE and not found.remark:
            return "this plan has no such misconfiguration; it does not show whether objects that it only names exist"
        return found.remark or "nothing in this plan is about this"
    denied = sum(each.verdict is Verdict.DENIED for each in found.answers)
    if denied:
        return f"{plural(denied, 'call')} of this kind {'is' if denied == 1 else 'are'} not allowed"
    if any(each.verdict is Verdict.UNKNOWN for each in found.answers):
        return "nothing is missing, but something cannot be decided from the plan"
    return (
        f"everything of this kind is allowed ({calls}). If the plan is applied and the text still appears: does the "
        "object exist, does a service control policy or an endpoint's policy deny the call, did the task start before "
        "the policy was attached?"
    )


def _next_permission_hint(found: RelatedRows, calls: str) -> str:
    """Return which permission is needed once the network problem is solved, without listing it."""
    if not found.answers:
        return "it is the network: no permission in this plan affects it"
    if all(each.verdict is Verdict.ALLOWED for each in found.answers):
        return f"everything of this kind is allowed ({calls}): it is the network"
    denied = sum(each.verdict is Verdict.DENIED for each in found.answers)
    return (
        f"this is a network problem: no permission was refused yet. Of {calls} of this kind {denied} will be refused "
        f"once they are answered, and {sum(each.verdict is Verdict.UNKNOWN for each in found.answers)} may be: see "
        "`tfcheck PLAN`"
    )


#: The parts of a report that are repeated if the text is about them.
_SHARED = ("requirements", "findings", "fixes")


def explanation_json(explanation: Explanation, reports: Sequence[Report]) -> Json:
    """Return the explanation of a text and what plans show about it, as plain data."""
    denial, known = explanation.denial, explanation.known
    return {
        "look_at": explanation.cause.value,
        "meaning": meaning(explanation),
        "seen": known.where,
        "actions": [denial.action] if denial else list(known.actions),
        "resource": denial.resource if denial else None,
        "role": denial.role if denial else None,
        "because": (denial.why or None) if denial else None,
        "rules": list(known.rules),
        "plans": [_plan_json(explanation, each) for each in reports],
    }


def _plan_json(explanation: Explanation, report: Report) -> Json:
    """Return the related rows, findings and fixes of a report, each as in the JSON report."""
    found = related_rows(explanation, report)
    denied = [answer for finding in found.findings for answer in finding.answers]
    answers = (*found.answers, *(each for each in denied if each not in found.answers))
    part = document(msgspec.structs.replace(report, answers=answers, findings=found.findings, baseline=None))
    summary = verdict(found, explanation.cause)
    return {"path": report.plan.path, "summary": summary, **{name: part[name] for name in _SHARED}}


class RelatedRows(msgspec.Struct, frozen=True):
    """The parts of a report that a text may be about; `remark` explains why there may be none."""

    answers: tuple[Answer, ...]
    findings: tuple[Finding, ...]
    remark: str = ""


def related_rows(explanation: Explanation, report: Report) -> RelatedRows:
    """Return the answers and findings of a report that a text may be about."""
    names = {(each.task_definition, each.kind): each.name for each in report.roles}
    answers = _answers(explanation, report, names) if explanation.cause in _OF_CALLS else []
    rows = set(map(row, answers))
    findings = [each for each in report.findings if _is_about(each, explanation, rows, names)]
    remark = (
        "" if answers or findings or explanation.denial is None else _refused_role_words(explanation.denial, report)
    )
    return RelatedRows(tuple(answers), tuple(findings), remark)


def row(answer: Answer) -> tuple[object, ...]:
    """Return a key that distinguishes a row of a report from the others."""
    need = answer.requirement
    return need.rule, need.task_definition, need.container, need.pointer, need.action, need.shown_resource


def findings_to_fix(explanation: Explanation, report: Report) -> tuple[Finding, ...]:
    """Return the findings to fix: those that a text is about, and the others of their rules there."""
    about = {_identity(each) for each in related_rows(explanation, report).findings}
    return tuple(each for each in report.findings if _identity(each) in about)


def _identity(finding: Finding) -> tuple[str, str, str | None]:
    return finding.rule, finding.task_definition, finding.address


#: The causes that are about a call, which a plan grants or does not grant.
_OF_CALLS = (
    StopCause.PERMISSION,
    StopCause.TASK_PERMISSION,
    StopCause.REFUSED,
    StopCause.OTHER_CALL,
    StopCause.NO_ROLE,
    StopCause.TRUST,
    StopCause.NETWORK,
)


_RoleNames: TypeAlias = dict[tuple[str, RoleKind], TextLike]


def _answers(explanation: Explanation, report: Report, names: _RoleNames) -> list[Answer]:
    known, denial = explanation.known, explanation.denial
    if denial is None:
        found = [each for each in report.answers if each.requirement.rule in known.rules]
        called = [each for each in found if not known.actions or each.requirement.action in known.actions]
        others = [each.requirement for each in found if not each.requirement.details.read_by]
        places = {(each.task_definition, each.pointer) for each in others}
        there = [each for each in called if _is_read_there(each, places, known)]
        # The answers whose ARN, or its end, the text names; all if it names none.
        ends = explanation.names
        named = [each for each in there if isinstance(arn := each.requirement.resource, str) and arn.endswith(ends)]
        return named if ends and named else there
    # NOTE: a refusal is matched by action, resource and role, not by its rule; also by what ECS calls for the
    # same purpose.
    is_asked = denial.action in known.actions
    actions = (denial.action,) if is_asked else known.actions
    called = [each for each in report.answers if each.requirement.action in actions]

    def is_caller(answer: Answer) -> Truth:
        return _has_role(denial, answer.requirement.task_definition, answer.requirement.role_kind, names)

    of_role = _most_certain(called, is_caller)
    of_resource = _most_certain(of_role, lambda each: _is_resource(each.requirement.resource, denial))
    return of_resource if is_asked or explanation.cause is StopCause.OTHER_CALL else of_resource or of_role


def _is_read_there(answer: Answer, places: set[tuple[str, str]], known: KnownText) -> bool:
    """Whether a call reads a key in a place that a text may be about; true for other calls."""
    need, read_by = answer.requirement, answer.requirement.details.read_by
    if not read_by:
        return True
    if known.read_by:
        return read_by == known.read_by
    return known.actions == (need.action,) or (need.task_definition, need.pointer) in places


def _most_certain(answers: Iterable[Answer], test: Callable[[Answer], Truth]) -> list[Answer]:
    """Keep what definitely passes a test, otherwise what may."""
    tested = [(each, test(each)) for each in answers]
    passing = [each for each, truth in tested if truth is Truth.TRUE]
    return passing or [each for each, truth in tested if truth is Truth.UNKNOWN]


def _is_about(finding: Finding, explanation: Explanation, rows: set[tuple[object, ...]], names: _RoleNames) -> bool:
    """Whether a text may be about a finding: one of its calls, or a misconfiguration by its rules."""
    if finding.answers:
        return any(row(answer) in rows for answer in finding.answers)
    if explanation.cause is StopCause.NETWORK:
        return False
    if finding.rule not in explanation.known.rules:
        stopped = explain_text(finding.symptom) if finding.symptom else None
        if stopped is None or stopped.known != explanation.known:
            return False
    denial = explanation.denial
    if denial is None:
        return True
    # NOTE: such a misconfiguration is about a call of the task role that no container waits for.
    has_role = _has_role(denial, finding.task_definition, RoleKind.TASK, names)
    return denial.action in finding.message and has_role is not Truth.FALSE


def _has_role(denial: Denial, task: str, kind: RoleKind, names: _RoleNames) -> Truth:
    """Whether a task definition has the refused role."""
    if denial.role is None:
        return Truth.TRUE
    name = names.get((task, kind))
    if name is None:
        # NOTE: the plan may not show the instances of a task, nor which of several roles they have.
        return Truth.UNKNOWN if kind is RoleKind.INSTANCE else Truth.FALSE
    return _is_role(name, denial.role)


def _is_role(name: TextLike, denied: str) -> Truth:
    """Whether a name is that of the refused role; a hidden part may be anything."""
    if isinstance(name, str) and _HIDDEN.search(name):
        return glob(_HIDDEN.sub("*", name), denied) & Truth.UNKNOWN
    return equal(name, denied)


def _is_resource(resource: TextLike, denial: Denial) -> Truth:
    """Whether a call is about the refused resource: denials may abbreviate names of secrets."""
    denied = denial.resource
    if denied is None:
        return Truth.TRUE
    if not isinstance(resource, str):
        return Truth.UNKNOWN if denial.is_cut else equal(resource, denied)
    name, stem = _NAME.sub("", resource), _SUFFIX.sub(r"\1", resource)
    same = denied in (stem, name, _NAME.sub("", stem)) or resource == _SUFFIX.sub(r"\1", denied)
    if same or resource == denied:
        return Truth.TRUE
    if _HIDDEN.search(resource):
        return Truth.UNKNOWN if denial.is_cut else glob(_HIDDEN.sub("*", resource), denied) & Truth.UNKNOWN
    return Truth.UNKNOWN if denial.is_cut and resource.startswith(denied) else Truth.FALSE


#: The text in place of something sensitive or unknown.
_HIDDEN = regex(r"\(sensitive\)|\(known after apply\)|\$\{[^}]*\}")
#: The text before the name of a secret or parameter in its ARN, and the suffix of Secrets Manager.
_NAME = regex(r"^arn:[^:]+:(?:secretsmanager:[^:]*:[^:]*:secret:|ssm:[^:]*:[^:]*:parameter/?)")
_SUFFIX = regex(r"(?<=:secret:)(.+)-[A-Za-z0-9]{6}$")


def _refused_role_words(denial: Denial, report: Report) -> str:
    """Return a description of the refused role if a report shows nothing of the call."""
    if denial.role is None or not report.roles:
        return ""
    fits = [(each, _is_role(each.name, denial.role)) for each in report.roles]
    if all(truth is Truth.FALSE for _, truth in fits):
        return f"no task definition of this plan runs with the role `{denial.role}`"
    users = [each for each, truth in fits if truth is Truth.TRUE]
    if users and all(each.kind is RoleKind.TASK for each in users):
        return (
            f"`{denial.role}` is the task role of {users[0].task_definition}: the code in its containers made the "
            "call, not ECS"
        )
    return ""
