"""Group denied requirements into findings, write their messages, and explain statements that almost match.

A near miss is explained in one sentence, and only if it definitely is the reason: with it fixed, the pattern matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from tfcheck import startup
from tfcheck.analysis.waivers import Waivers
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.report.words import evidence_words
from tfcheck.resolve.locations import Locations
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import SECRET_SUFFIX, Unknown, display, pieces, spelled_out, text
from tfcheck.symbolic.wildcards import glob_known
from tfcheck.verdict.before import change_of
from tfcheck.verdict.resource_policy import policy_holder
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import (
    Answer,
    Evidence,
    EvidenceKind,
    Finding,
    Location,
    Reason,
    RoleKind,
    Severity,
    Verdict,
)
from tfcheck.vocabulary.waiver import Waived

#: Maps the needed value, as written and as known, and a statement's pattern to the advice.
_Adviser: TypeAlias = Callable[[tuple[str, ...], str], str]
_SUFFIX = regex(r"-[A-Za-z0-9]{6}$")
_COLONS_OF_A_SECRET = 6
_KEY_OR_VERSION = regex(r":[^:]*:[^:]*:[^:]*$")


def advice(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield what to write instead, each sentence once."""
    yield from dict.fromkeys(
        sentence for answer in answers for each in answer.evidence for sentence in _advice_on(answer, each)
    )


def _advice_on(answer: Answer, evidence: Evidence) -> Iterator[str]:
    need = answer.requirement
    if evidence.effect != "Allow" or need.sensitive:
        return
    if evidence.kind is EvidenceKind.OTHER_ACTION:
        if need.action == "ssm:GetParameters" and "ssm:getparameter" in map(str.lower, evidence.patterns):
            yield "ECS calls ssm:GetParameters, the plural: ssm:GetParameter does not allow it"
    elif evidence.kind is EvidenceKind.OTHER_RESOURCE:
        adviser = _ADVISERS.get(need.action)
        # By references, and by what is known of them; a secret's suffix as six characters.
        known = [
            "AbCdEf" if isinstance(each, Unknown) and each.hole == SECRET_SUFFIX else each
            for each in pieces(spelled_out(need.resource))
        ]
        forms = tuple(dict.fromkeys((display(need.resource), display(text(known)))))
        found = (adviser(forms, pattern) for pattern in evidence.patterns) if adviser else ()
        yield from filter(None, found)


# S3


def _object_advice(needed: tuple[str, ...], pattern: str) -> str:
    for each in needed:
        bucket, _, key = each.partition("/")
        if key and glob_known(pattern, bucket):
            return f"s3:GetObject is decided on objects, and `{pattern}` is a bucket: append `/` and the key, or `/*`"
        rest = pattern.removeprefix(bucket)
        if key and rest not in (pattern, "") and rest[0] not in "/*?" and glob_known(f"{bucket}/{rest}", each):
            return f"a slash is missing after the bucket in `{pattern}`"
    return ""


def _bucket_advice(needed: tuple[str, ...], pattern: str) -> str:
    bucket, slash, _ = pattern.partition("/")
    if slash and any(glob_known(bucket, each) for each in needed):
        return f"s3:GetBucketLocation is decided on the bucket: write `{bucket}`, without what follows the slash"
    return ""


# Secrets, parameters and keys


def _secret_advice(needed: tuple[str, ...], pattern: str) -> str:
    whole = _KEY_OR_VERSION.sub("", pattern)
    is_whole = whole.startswith("${") or whole.count(":") >= _COLONS_OF_A_SECRET
    if whole != pattern and is_whole and any(glob_known(whole, each) for each in needed):
        return "IAM never sees what follows a secret's ARN (`:KEY:STAGE:VERSION`): grant the ARN alone"
    for each in needed:
        name = _SUFFIX.sub("", each)
        if name != each and _agrees(pattern, ":secret:", name, ":secret:"):
            return (
                f"the ARN of a secret ends in `-` and six random characters: write `{pattern}-??????`, or refer to the "
                "secret's own ARN"
            )
    return ""


def _parameter_advice(needed: tuple[str, ...], pattern: str) -> str:
    if any(_agrees(pattern, ":parameter//", each, ":parameter/") for each in needed):
        return f"remove the second slash after `parameter` in `{pattern}`"
    return ""


def _alias_advice(needed: tuple[str, ...], pattern: str) -> str:
    if ":alias/" in pattern or ".aws_kms_alias." in f".{pattern.removeprefix('${')}":
        return "the ARN of an alias names the alias and never its key: grant the ARN of the key"
    return ""


# Logs and images


def _stream_advice(needed: tuple[str, ...], pattern: str) -> str:
    if any(":log-stream:" in each and glob_known(pattern, each.partition(":log-stream:")[0]) for each in needed):
        return f"log calls are decided on the streams of a group: append `:*`, as in `{pattern}:*`"
    return ""


def _token_advice(needed: tuple[str, ...], pattern: str) -> str:
    return "ecr:GetAuthorizationToken is for all registries: it is granted on `*` only"


def _agrees(pattern: str, mark: str, needed: str, its_mark: str) -> bool:
    """Whether a pattern matches before and after a mark; region and account may be references."""
    head, found, granted = pattern.partition(mark)
    place, asked, name = needed.partition(its_mark)
    if not found or not asked or not granted:
        return False
    return glob_known(granted, name) and ("${" in head or "${" in place or glob_known(head, place))


_ADVISERS: dict[str, _Adviser] = {
    "s3:GetObject": _object_advice,
    "s3:GetBucketLocation": _bucket_advice,
    "secretsmanager:GetSecretValue": _secret_advice,
    "ssm:GetParameters": _parameter_advice,
    "kms:Decrypt": _alias_advice,
    "logs:CreateLogStream": _stream_advice,
    "logs:PutLogEvents": _stream_advice,
    "logs:CreateLogGroup": _stream_advice,
    "ecr:GetAuthorizationToken": _token_advice,
}


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
    return answer.verdict is Verdict.DENIED and need.severity is not Severity.INFO and not need.necessity.mistaken


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
        location=_location_to_fix(first, locations),
        needed_at=locations.need(need),
    )


def _location_to_fix(answer: Answer, locations: Locations) -> Location | None:
    """Return the place of the statement that blocks the call, otherwise of the role that lacks one."""
    if answer.reason in _REASONS_OF_A_STATEMENT and answer.evidence:
        found = locations.of(answer.evidence[0].policy)
        if found is not None:
            return found
    return locations.of(answer.role) if answer.role else None


_REASONS_OF_A_STATEMENT = (Reason.EXPLICIT_DENY, Reason.GRANTED_TO_TASK_ROLE, Reason.GRANTED_TO_EXECUTION_ROLE)


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
            of_role = (evidence_words(each) for each in first.evidence if each.kind in _OF_THE_ROLE)
            who, service = _ASSUMING.get(need.role_kind, ("ECS", "ecs-tasks.amazonaws.com"))
            cause = next(of_role, f"its trust policy does not allow {service}")
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
            holders = dict.fromkeys(policy_holder(answer.requirement) for answer in answers)
            return f"the policy of {join_names(holders)} does not let the {role} call {actions}"
        case _:
            return f"the {role} is not allowed {actions} on {what}"


_ASSUMING = {RoleKind.INSTANCE: ("EC2", "ec2.amazonaws.com")}
_OF_THE_ROLE = (EvidenceKind.DELETED, EvidenceKind.DELETED_BY_OTHER_STACK, EvidenceKind.OF_OTHER_ACCOUNT)


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
        callers = "ECS agents before 1.84.0 call it; later ones and Fargate do not appear to"
        yield f"AWS documents {need.action}, and {callers}"
