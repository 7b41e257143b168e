"""Name the statements that decide a call, could decide it, or grant it except for a condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

import msgspec

from tfcheck import iam
from tfcheck.iam.resource import target
from tfcheck.iam.variables import PolicyTemplate, PolicyText, PolicyVariable, expand
from tfcheck.role import Role
from tfcheck.symbolic.match import Verbatim
from tfcheck.symbolic.sensitive_text import Sensitive, redact
from tfcheck.symbolic.value import TextLike, Truth, display
from tfcheck.verdict.call import RoleCall
from tfcheck.vocabulary.address import OtherStackAddress
from tfcheck.vocabulary.finding import Evidence, EvidenceKind, RoleKind

_MOST = 8
_EFFECTS = {iam.Effect.ALLOW: "Allow", iam.Effect.DENY: "Deny", iam.Effect.OPEN: ""}
_NEAR = {
    iam.Mismatch.CONDITION: EvidenceKind.CONDITION_NOT_MET,
    iam.Mismatch.PRINCIPAL: EvidenceKind.OTHER_PRINCIPAL,
    iam.Mismatch.PARTITION: EvidenceKind.OTHER_PARTITION,
    iam.Mismatch.RESOURCE: EvidenceKind.OTHER_RESOURCE,
    iam.Mismatch.ACTION: EvidenceKind.OTHER_ACTION,
}
_TO_OTHER_ROLE = {
    RoleKind.EXECUTION: EvidenceKind.GRANTED_TO_TASK_ROLE,
    RoleKind.TASK: EvidenceKind.GRANTED_TO_EXECUTION_ROLE,
    RoleKind.INSTANCE: EvidenceKind.GRANTED_TO_TASK_ROLE,
}


def call_evidence(decision: iam.Decision, call: RoleCall) -> tuple[Evidence, ...]:
    """Return the statements that decided a call; if they did not allow it, also the nearest ones."""
    found = _deciding_statements(decision, lambda origin: _undecided_statement(origin, call))
    near = () if isinstance(decision, iam.Allowed) else iam.near_misses(call.request, *call.layers)
    return (*found, *map(_near, near))[:_MOST]


def trust_evidence(
    decision: iam.Decision, trust: iam.Policy, service: str, context: iam.Context
) -> tuple[Evidence, ...]:
    """Return the deciding statements of a trust policy; `service` and `context` are as for `decide_service`."""
    key = decision.waits_for if isinstance(decision, iam.Undecided) and decision.kind == "condition" else ""
    found = _deciding_statements(decision, lambda origin: _statement(origin, "", EvidenceKind.MAY_DECIDE, key=key))
    near = iam.near_trust(trust, service, context) if isinstance(decision, iam.Denied) else ()
    return (*found, *map(_near, near))[:_MOST]


def _deciding_statements(decision: iam.Decision, undecided: Callable[[iam.Origin], Evidence]) -> Iterator[Evidence]:
    """Return the statements that decided; `undecided` builds those that may decide."""
    by = decision.by[:_MOST]
    match decision:
        case iam.Allowed():
            return (_statement(each, "Allow", EvidenceKind.ALLOWS) for each in by)
        case iam.Denied():
            return (_statement(each, "Deny", EvidenceKind.DENIES) for each in by)
        case iam.Undecided():
            return map(undecided, by)
        case _:
            assert_never(decision)


def other_role_evidence(decision: iam.Allowed, kind: RoleKind, label: str | None) -> tuple[Evidence, ...]:
    """Return the statements that grant a call to the role `label` of a task instead of the right one."""
    return tuple(_statement(each, "Allow", _TO_OTHER_ROLE[kind], role=label or "") for each in decision.by)


def deletion_evidence(role: Role) -> tuple[Evidence, ...]:
    """Return a role's deletion as the evidence."""
    elsewhere = isinstance(role.deleted, OtherStackAddress)
    kind = EvidenceKind.DELETED_BY_OTHER_STACK if elsewhere else EvidenceKind.DELETED
    return (Evidence(policy=str(role.deleted), sid=None, effect="", kind=kind),)


def account_evidence(role: Role) -> tuple[Evidence, ...]:
    """Return as the evidence that a role belongs to another account than its task definition."""
    return (Evidence(policy=role.label or "", sid=None, effect="", kind=EvidenceKind.OF_OTHER_ACCOUNT),)


def _undecided_statement(origin: iam.Origin, call: RoleCall) -> Evidence:
    """Return a statement that may decide, with its effect and its undecided condition key."""
    effect, keys = "", []
    for statement in (each for policy in call.policies for each in policy.statements):
        if statement.origin == origin:
            effect = _EFFECTS[statement.effect]
            keys = [each.name for each in iam.applies(statement, call.request).waits if each.kind == "condition"]
            break
    return _statement(origin, effect, EvidenceKind.MAY_DECIDE, key=keys[0] if keys else "")


def _near(miss: iam.NearMiss) -> Evidence:
    return _statement(miss.origin, "Allow", _NEAR[miss.mismatch], miss.patterns, key=miss.condition_key)


def _statement(
    origin: iam.Origin,
    effect: str,
    kind: EvidenceKind,
    patterns: tuple[str, ...] = (),
    *,
    key: str = "",
    role: str = "",
) -> Evidence:
    if origin.secret:
        patterns, key = (), ""
    by = origin.policy, origin.sid, effect, kind, patterns
    return Evidence(*by, number=origin.number, condition_key=key, granted_to=role)


class UnmetCondition(msgspec.Struct, frozen=True):
    """A condition of a statement: `policy` and `sid` are the statement's, `carried` is the call's value for the key.

    `carried` is empty where the call has no such key or its value is not known.
    """

    policy: str
    sid: str | None
    operator: str
    key: str
    values: tuple[str, ...]
    carried: str = ""


def unmet(request: iam.Request, policies: Iterable[iam.Policy]) -> tuple[UnmetCondition, ...]:
    """Return the conditions that keep the first such statement from granting a request; none if there is none."""
    wanted = target(request.resource)
    for policy in policies:
        for statement in policy.index.covering(wanted.name):
            readable = statement.unread is None and not statement.origin.secret
            if statement.effect is iam.Effect.ALLOW and statement.conditions and readable:
                seen = iam.applies(statement, request)
                fits = seen.action & seen.resource & seen.principal
                if fits is Truth.TRUE and seen.conditions is Truth.FALSE:
                    tests = ((each, iam.condition.evaluate(each, request.context)) for each in statement.conditions)
                    return tuple(_unmet(each, statement.origin, request) for each, met in tests if met is Truth.FALSE)
    return ()


def _accepted_text(value: PolicyText, context: iam.Context) -> TextLike | None:
    """Return what a condition accepts, with policy variables as this call has them; None if that is not one text."""
    if not isinstance(value, PolicyTemplate):
        return value
    found = expand(value, context)
    patterns = found.patterns if not found.valueless else ()
    whole = patterns[0] if len(patterns) == 1 and isinstance(patterns[0], tuple) else ()
    parts = [each.value if isinstance(each, Verbatim) else each for each in whole]
    texts = [each for each in parts if isinstance(each, str) and not isinstance(each, Sensitive)]
    return "".join(texts) if texts and len(texts) == len(parts) else None


def _unmet(test: iam.condition.Condition, origin: iam.Origin, request: iam.Request) -> UnmetCondition:
    entry = request.context.lookup(test.key)
    values = tuple(
        display(each) for value in test.values if (each := _accepted_text(value, request.context)) is not None
    )
    carried = redact(entry) if isinstance(entry, str) else ""
    other = _absent_key(test, request.context) if isinstance(entry, str) and not isinstance(entry, Sensitive) else ""
    key, values, carried = (other, (carried,), "") if other else (test.key, values, carried)
    return UnmetCondition(origin.policy, origin.sid, test.operator.written, key, values, carried)


def _absent_key(test: iam.condition.Condition, context: iam.Context) -> str:
    """Return the key that a condition compares its own one with, if the call lacks it; otherwise empty."""
    match test.values:
        case (PolicyTemplate(parts=(PolicyVariable(key=key, default=None),)),) if not test.operator.negated:
            return key if isinstance(context.lookup(key), iam.Absent) else ""
    return ""
