"""Group denied requirements into findings, and write the message of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck import startup
from tfcheck.analysis.near_miss import advice
from tfcheck.analysis.waivers import Waivers
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.report.words import evidence_words
from tfcheck.resolve.locations import Locations
from tfcheck.verdict.before import change_of
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Answer, EvidenceKind, Finding, Location, Reason, RoleKind, Severity, Verdict
from tfcheck.vocabulary.waiver import Waived

_Group = tuple[str, str, RoleKind, Reason | None, Severity, str | None]


def findings(
    answers: list[Answer], tasks: Iterable[TaskDefinition], locations: Locations, waivers: Waivers
) -> Iterator[Finding]:
    """Group denied requirements by task definition, cause and waiver, except those that a configuration rule reports.

    An undecided requirement is not a finding, unless a waiver accepts it: then reports show it as waived.
    """
    instances = {str(task.address) for task in tasks if task.on_instances}
    groups: dict[tuple[_Group, Waived | None], list[Answer]] = {}
    denied = [each for each in answers if _is_reported(each)]
    undecided = [each for each in answers if each.verdict is Verdict.UNKNOWN]
    waivers.note([*denied, *undecided])
    for answer in denied:
        groups.setdefault((_group(answer), waivers.waive_answer(answer)), []).append(answer)
    for answer in undecided:
        if waived := waivers.waive_answer(answer):
            groups.setdefault((_group(answer), waived), []).append(answer)
    for (_, waived), group in groups.items():
        need = group[0].requirement
        on_instances = need.task_definition in instances or need.role_kind is RoleKind.INSTANCE
        yield msgspec.structs.replace(_finding(group, locations, on_instances=on_instances), waived=waived)


def _is_reported(answer: Answer) -> bool:
    need = answer.requirement
    return answer.verdict is Verdict.DENIED and need.severity is not Severity.INFO and not need.mistaken


def worst_first(found: list[Finding]) -> list[Finding]:
    """Order findings: errors first, new before old ones, and waived ones last."""
    return sorted(found, key=lambda each: (each.waived is not None, each.severity.rank, each.change != "introduced"))


def _group(answer: Answer) -> _Group:
    need = answer.requirement
    return need.task_definition, need.rule, need.role_kind, answer.reason, need.severity, change_of(answer)


def _finding(answers: list[Answer], locations: Locations, *, on_instances: bool) -> Finding:
    first = answers[0]
    need = first.requirement
    has_role = first.reason is not Reason.NO_EXECUTION_ROLE
    # NOTE: instances without credentials do not join the cluster; no task shows an error for it.
    unseen = need.role_kind is RoleKind.INSTANCE and first.reason is Reason.TRUST_POLICY
    return Finding(
        rule=need.rule,
        severity=need.severity,
        task_definition=need.task_definition,
        address=first.role,
        message=message_of(answers),
        answers=tuple(answers),
        explanation=tuple(_explanation(answers)),
        symptom="" if unseen else startup.rule(need.rule).symptom(need, on_instances=on_instances, has_role=has_role),
        change=change_of(first),
        location=_fix_here(first, locations),
        needed_at=locations.need(need),
    )


def _fix_here(answer: Answer, locations: Locations) -> Location | None:
    """Return the place of the statement that blocks the call, otherwise of the role that lacks one."""
    if answer.reason in _SAID_ELSEWHERE and answer.evidence:
        found = locations.of(answer.evidence[0].policy)
        if found is not None:
            return found
    return locations.of(answer.role) if answer.role else None


_SAID_ELSEWHERE = (Reason.EXPLICIT_DENY, Reason.GRANTED_TO_TASK_ROLE, Reason.GRANTED_TO_EXECUTION_ROLE)


def message_of(answers: list[Answer]) -> str:
    """Return the message for requirements that are denied for the same cause."""
    first = answers[0]
    need = first.requirement
    role = f"{need.role_kind.value} role {first.role or ''}".rstrip()
    actions = join_names(dict.fromkeys(answer.requirement.action for answer in answers))
    shown = list(dict.fromkeys(answer.requirement.shown_resource for answer in answers))
    what = shown[0] if len(shown) == 1 else f"{len(shown):,} resources"
    if first.verdict is Verdict.UNKNOWN:
        return f"whether the {role} is allowed {actions} on {what} cannot be decided"
    match first.reason:
        case Reason.NO_EXECUTION_ROLE:
            return f"the task has no {need.role_kind.value} role, which must be allowed {actions} on {what}"
        case Reason.TRUST_POLICY:
            deleted = (evidence_words(each) for each in first.evidence if each.kind in _DELETIONS)
            who, service = _ASSUMING.get(need.role_kind, ("ECS", "ecs-tasks.amazonaws.com"))
            cause = next(deleted, f"its trust policy does not allow {service}")
            return f"{who} cannot assume the {role}: {cause}"
        case Reason.EXPLICIT_DENY:
            return f"a policy denies {actions} on {what} to the {role}"
        case Reason.GRANTED_TO_TASK_ROLE:
            return f"{actions} on {what} is granted to the task role, but the {role} needs it"
        case Reason.GRANTED_TO_EXECUTION_ROLE:
            return f"{actions} on {what} is granted to the execution role, but the {role} needs it"
        case Reason.PERMISSIONS_BOUNDARY:
            return f"the permissions boundary of the {role} does not allow {actions} on {what}"
        case Reason.RESOURCE_POLICY:
            return f"the policy of {what} does not let the {role} call {actions}"
        case _:
            return f"the {role} is not allowed {actions} on {what}"


_ASSUMING = {RoleKind.INSTANCE: ("EC2", "ec2.amazonaws.com")}
_DELETIONS = (EvidenceKind.DELETED, EvidenceKind.DELETED_BY_OTHER_STACK)


def _explanation(answers: list[Answer]) -> Iterator[str]:
    """Add explanations that a user may need, once for the whole finding."""
    first = answers[0]
    need = first.requirement
    if first.verdict is Verdict.UNKNOWN:
        yield from dict.fromkeys(f"not decided: {each.waits_for}" for each in answers if each.waits_for)
        return
    if first.reason is Reason.GRANTED_TO_TASK_ROLE:
        yield (
            f"ECS uses the {need.role_kind.value} role before the containers start; the task role is only for the code "
            f"inside them. Move the statement to a policy of the {need.role_kind.value} role"
        )
    if first.reason is Reason.GRANTED_TO_EXECUTION_ROLE:
        yield (
            "ECS does this with the task role, never with the execution role. Move the statement to a policy of the "
            "task role"
        )
    if first.reason is Reason.EXPLICIT_DENY:
        yield "an explicit deny wins over every allow: change the statement that denies"
    if first.reason is Reason.PERMISSIONS_BOUNDARY:
        yield "a boundary is a ceiling: what it does not allow, no policy of the role can grant"
    yield from advice(answers)
    if need.action == "s3:GetBucketLocation":
        yield "documented by AWS; called by ECS agents before 1.84.0. Later agents and Fargate do not appear to call it"
