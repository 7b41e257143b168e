"""Find the rows and findings of a report that an ECS error text is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from tfcheck.stopped_reason import Cause, Denial, Explanation, Known, explained
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import TextLike, Truth
from tfcheck.vocabulary.finding import Answer, Finding, Report, RoleKind


class RelatedRows(msgspec.Struct, frozen=True):
    """What a report says about the thing that a text is about; `remark` says why that may be nothing."""

    answers: tuple[Answer, ...]
    findings: tuple[Finding, ...]
    remark: str = ""


def concerned(explanation: Explanation, report: Report) -> RelatedRows:
    """Pick the answers and findings of a report that a text may be about."""
    names = {(each.task_definition, each.kind): each.name for each in report.roles}
    answers = _answers(explanation, report, names) if explanation.cause in _OF_CALLS else []
    rows = set(map(row, answers))
    findings = [each for each in report.findings if _is_about(each, explanation, rows, names)]
    remark = "" if answers or findings or explanation.denial is None else _of_role(explanation.denial, report)
    return RelatedRows(tuple(answers), tuple(findings), remark)


def row(answer: Answer) -> tuple[object, ...]:
    """Return what distinguishes a row of a report from the others."""
    need = answer.requirement
    return need.rule, need.task_definition, need.container, need.pointer, need.action, need.shown_resource


def to_fix(explanation: Explanation, report: Report) -> tuple[Finding, ...]:
    """Pick the findings that shall carry a fix: those that a text is about, and what else their rules lack there."""
    about = {_identity(each) for each in concerned(explanation, report).findings}
    return tuple(each for each in report.findings if _identity(each) in about)


def _identity(finding: Finding) -> tuple[str, str, str | None]:
    return finding.rule, finding.task_definition, finding.address


#: What a text may say of a call that a plan grants or does not grant.
_OF_CALLS = (
    Cause.PERMISSION,
    Cause.TASK_PERMISSION,
    Cause.REFUSED,
    Cause.OTHER_CALL,
    Cause.NO_ROLE,
    Cause.TRUST,
    Cause.NETWORK,
)


_RoleNames: TypeAlias = dict[tuple[str, RoleKind], TextLike]


def _answers(explanation: Explanation, report: Report, names: _RoleNames) -> list[Answer]:
    known, denial = explanation.known, explanation.denial
    if denial is None:
        found = [each for each in report.answers if each.requirement.rule in known.rules]
        called = [each for each in found if not known.actions or each.requirement.action in known.actions]
        others = [each.requirement for each in found if not each.requirement.read_by]
        places = {(each.task_definition, each.pointer) for each in others}
        return _named_in_text([each for each in called if _is_read_there(each, places, known)], explanation.names)
    # NOTE: a refusal is reported by action, resource and role, not by the rule that asks for it; what ECS calls for the
    # same end, where it does not make the call itself.
    is_asked = denial.action in known.actions
    actions = (denial.action,) if is_asked else known.actions
    called = [each for each in report.answers if each.requirement.action in actions]

    def is_caller(answer: Answer) -> Truth:
        return _has_role(denial, answer.requirement.task_definition, answer.requirement.role_kind, names)

    of_role = _surest(called, is_caller)
    of_resource = _surest(of_role, lambda each: _is_resource(each.requirement.resource, denial))
    return of_resource if is_asked or explanation.cause is Cause.OTHER_CALL else of_resource or of_role


def _is_read_there(answer: Answer, places: set[tuple[str, str]], known: Known) -> bool:
    """Whether a key is asked for at a place that a text may be about; what is no key always is."""
    need = answer.requirement
    if not need.read_by:
        return True
    if known.read_by:
        return need.read_by == known.read_by
    return known.actions == (need.action,) or (need.task_definition, need.pointer) in places


def _named_in_text(answers: list[Answer], names: tuple[str, ...]) -> list[Answer]:
    """Keep what a text names by its ARN, or the end of it; all where it names nothing of them."""
    found = [each for each in answers if isinstance(arn := each.requirement.resource, str) and arn.endswith(names)]
    return found if names and found else answers


def _surest(answers: Iterable[Answer], test: Callable[[Answer], Truth]) -> list[Answer]:
    """Keep what definitely passes a test, or else what may."""
    tested = [(each, test(each)) for each in answers]
    sure = [each for each, truth in tested if truth is Truth.TRUE]
    return sure or [each for each, truth in tested if truth is Truth.UNKNOWN]


def _is_about(finding: Finding, explanation: Explanation, rows: set[tuple[object, ...]], names: _RoleNames) -> bool:
    """Whether a text may be about a finding: one of its calls, or a mistake of its rules."""
    if finding.answers:
        return any(row(answer) in rows for answer in finding.answers)
    if explanation.cause is Cause.NETWORK or not _is_told(finding, explanation):
        return False
    denial = explanation.denial
    if denial is None:
        return True
    # NOTE: such a mistake is about a call that no container waits for, which the task role makes.
    has_role = _has_role(denial, finding.task_definition, RoleKind.TASK, names)
    return denial.action in finding.message and has_role is not Truth.FALSE


def _is_told(finding: Finding, explanation: Explanation) -> bool:
    """Whether a mistake is one of the rules that a text leads to, or would show by the same text."""
    if finding.rule in explanation.known.rules:
        return True
    said = explained(finding.symptom) if finding.symptom else None
    return said is not None and said.known == explanation.known


def _has_role(denial: Denial, task: str, kind: RoleKind, names: _RoleNames) -> Truth:
    """Whether the role of a task definition is the one that was refused."""
    if denial.role is None:
        return Truth.TRUE
    name = names.get((task, kind))
    if name is None:
        # NOTE: the plan need not show on which instances a task runs, nor which of several roles these have.
        return Truth.UNKNOWN if kind is RoleKind.INSTANCE else Truth.FALSE
    return _is_role(name, denial.role)


def _is_role(name: TextLike, denied: str) -> Truth:
    """Whether a name is that of the role that was refused; what is hidden in it may be anything."""
    if isinstance(name, str) and _HIDDEN.search(name):
        return glob(_HIDDEN.sub("*", name), denied) & Truth.UNKNOWN
    return equal(name, denied)


def _is_resource(resource: TextLike, denial: Denial) -> Truth:
    """Whether a call is about what was refused: denials name secrets as they were asked for, or are cut off."""
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


#: What a report writes in place of what is sensitive, or known only after apply.
_HIDDEN = regex(r"\(sensitive\)|\(known after apply\)|\$\{[^}]*\}")
#: What stands before the name of a secret or parameter in its ARN, and what Secrets Manager puts behind it.
_NAME = regex(r"^arn:[^:]+:(?:secretsmanager:[^:]*:[^:]*:secret:|ssm:[^:]*:[^:]*:parameter/?)")
_SUFFIX = regex(r"(?<=:secret:)(.+)-[A-Za-z0-9]{6}$")


def _of_role(denial: Denial, report: Report) -> str:
    """Explain whose role was refused, where a report does not show anything of the call."""
    if denial.role is None or not report.roles:
        return ""
    fits = [(each, _is_role(each.name, denial.role)) for each in report.roles]
    if all(truth is Truth.FALSE for _, truth in fits):
        return f"no task definition of this plan runs with the role `{denial.role}`"
    sure = [each for each, truth in fits if truth is Truth.TRUE]
    if sure and all(each.kind is RoleKind.TASK for each in sure):
        return (
            f"`{denial.role}` is the task role of {sure[0].task_definition}: the code in its containers made the call, "
            "not ECS"
        )
    return ""
