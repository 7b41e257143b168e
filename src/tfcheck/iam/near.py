"""Find the statements that almost grant a request, and what keeps each of them from granting it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

import msgspec

from tfcheck.iam import action, condition, resource
from tfcheck.iam.applies import applies
from tfcheck.iam.context import Context
from tfcheck.iam.model import Effect, Origin, Policy, Request, Statement, join_many
from tfcheck.iam.principal import names_service
from tfcheck.symbolic import limits
from tfcheck.symbolic.value import Truth, display

#: Steps for finding out why a statement does not grant a request.
_STEPS = 30
#: The statements of a policy, and the entries of a statement, that are compared: more than nearly all have.
_MOST_ALIKE = 200
#: More statements than a policy has that people read.
_MANY = 50


class Mismatch(Enum):
    """What keeps an Allow statement from granting a request, smallest differences first."""

    CONDITION = auto()
    PRINCIPAL = auto()
    #: The partition of the resource alone.
    PARTITION = auto()
    RESOURCE = auto()
    ACTION = auto()


class NearMiss(msgspec.Struct, frozen=True):
    """An Allow statement that almost grants a request.

    `patterns` are its resources, or its actions or principals if these do not match. `condition_key` is the key of an
    unmet condition.
    """

    origin: Origin
    mismatch: Mismatch
    patterns: tuple[str, ...] = ()
    condition_key: str = ""


def near_misses(request: Request, *layers: tuple[Policy, ...]) -> list[NearMiss]:
    """Return the Allow statements that almost grant a request, nearest first, each with the difference.

    Of very many statements in a policy, or a layer, only the first that may cover the resource are considered, and the
    first others.
    """
    found, seen = [], 0
    for policy in (each for layer in layers for each in _of_layer(layer)):
        statements: Sequence[Statement] = policy.statements
        seen += len(statements)
        if len(statements) > _MANY or seen > _MOST_ALIKE:
            plain = resource.target(request.resource).plain
            about = policy.index.similar(None if plain is None else plain[5], _MOST_ALIKE)
            known = set(map(id, about))
            others = statements[: 2 * _MANY] if seen <= _MOST_ALIKE + len(statements) else ()
            statements = (*about, *[each for each in others if id(each) not in known][:_MANY])
        for statement in statements:
            if statement.effect is Effect.ALLOW and statement.unread is None:
                ranked = _near_miss(statement, request)
                if ranked is not None:
                    found.append(ranked)
    return [miss for _, miss in sorted(found, key=lambda each: each[0])]


def _of_layer(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Return the policies of a layer, joined if people would not read all of them."""
    return policies if sum(len(each.statements) for each in policies) <= _MOST_ALIKE else join_many(policies)


def near_trust(policy: Policy, service: str, context: Context) -> list[NearMiss]:
    """Return the Allow statements of a trust policy that do not let a service assume the role, each with the reason.

    `service` and `context` are those of `decide_service`. Statements about other ways to assume the role are left out.
    """
    found = []
    for statement in policy.statements:
        if statement.effect is Effect.ALLOW and statement.unread is None and statement.principals is not None:
            if action.names(statement.actions, "sts:assumerole") is Truth.FALSE:
                continue
            if names_service(statement.principals, service) is Truth.FALSE:
                found.append(NearMiss(statement.origin, Mismatch.PRINCIPAL, _principals(statement)))
            elif keys := _unmet(statement, context):
                found.append(NearMiss(statement.origin, Mismatch.CONDITION, condition_key=keys[0]))
    return sorted(found, key=lambda each: each.mismatch.value)


def _unmet(statement: Statement, context: Context) -> list[str]:
    return [each.key for each in statement.conditions if condition.evaluate(each, context) is Truth.FALSE]


def _near_miss(statement: Statement, request: Request) -> tuple[tuple[int, int], NearMiss] | None:
    # NOTE: half of the run is reserved for verdicts.
    if limits.steps_left() < limits.STEPS // 2 or not limits.take(_STEPS):
        return None
    seen = applies(statement, request)
    missing = [each for each in (seen.action, seen.resource, seen.principal, seen.conditions) if each is Truth.FALSE]
    if len(missing) != 1:
        return None
    if seen.action is Truth.FALSE:
        return _similar_actions(statement, request)
    wanted, named = resource.target(request.resource), statement.resources
    entries = _similar_entries(named, wanted)
    mismatch, key = Mismatch.RESOURCE, ""
    if seen.conditions is Truth.FALSE:
        mismatch, key = Mismatch.CONDITION, _unmet(statement, request.context)[0]
    elif seen.principal is Truth.FALSE:
        mismatch = Mismatch.PRINCIPAL
    elif any(resource.differs_in_partition_only(each, wanted, request.context) for each in entries):
        mismatch = Mismatch.PARTITION
    is_all = named is not None and len(entries) == len(named.entries)
    patterns = named.texts if named is not None and is_all else tuple(display(each.written) for each in entries)
    if mismatch is Mismatch.PRINCIPAL:
        return (mismatch.value, 0), NearMiss(statement.origin, mismatch, _principals(statement))
    likeness = max((_common(pattern, display(request.resource)) for pattern in patterns), default=0)
    return (mismatch.value, -likeness), NearMiss(statement.origin, mismatch, patterns, key)


def _similar_entries(resources: resource.Resources | None, wanted: resource.Target) -> Sequence[resource.Resource]:
    """Return the entries of a statement, or of very many the first about the same bucket or resource type."""
    if resources is None or len(resources.entries) <= _MOST_ALIKE:
        return () if resources is None else resources.entries
    about = resources.index.similar(None if wanted.plain is None else wanted.plain[5], _MOST_ALIKE)
    return about or resources.entries[:_MOST_ALIKE]


def _principals(statement: Statement) -> tuple[str, ...]:
    """Return whom a statement names; nobody if it names those that it is not for."""
    named = statement.principals
    return () if named is None or named.negated else tuple(display(value) for _, value in named.entries)


def _similar_actions(statement: Statement, request: Request) -> tuple[tuple[int, int], NearMiss] | None:
    """Return statements with other actions of the same service on the right resource, most similar first."""
    service = request.action.partition(":")[0].lower()
    alike = statement.actions.texts_by_service.get(service, ())[:_MOST_ALIKE]
    if statement.actions.negated or not alike:
        return None
    actions = statement.actions.texts if len(statement.actions.entries) <= _MOST_ALIKE else tuple(alike)
    likeness = max(_common(each.lower(), request.action.lower()) for each in alike)
    return (Mismatch.ACTION.value, -likeness), NearMiss(statement.origin, Mismatch.ACTION, actions)


def _common(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
