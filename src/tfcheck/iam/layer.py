"""Evaluate the policies of one layer: which statements allow or deny a request, and how certainly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from tfcheck.iam import principal
from tfcheck.iam.applies import elements_apply
from tfcheck.iam.context import Caller, Context
from tfcheck.iam.model import Effect, Policy, Request, Statement, join_many
from tfcheck.iam.principal import PrincipalMatch, Principals
from tfcheck.iam.resource import Target
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.value import Truth

#: Steps for the decision of a layer, beside those for its statements.
_STEPS = 20
#: A statement that applies, or (UNKNOWN) may apply.
Applicable: TypeAlias = tuple[Statement, Truth]


class LayerAnswer(msgspec.Struct, frozen=True):
    """The answer of a layer, without statements that definitely do not apply."""

    allow: Truth
    deny: Truth
    allowing: tuple[Applicable, ...] = ()
    denying: tuple[Applicable, ...] = ()


class ResourceAnswer(msgspec.Struct, frozen=True):
    """The answer of a resource policy, with its allows by kind of principal."""

    named: PrincipalMatch = PrincipalMatch()
    deny: Truth = Truth.FALSE
    allowing: tuple[Applicable, ...] = ()
    denying: tuple[Applicable, ...] = ()


def evaluate_layer(policies: tuple[Policy, ...], request: Request, wanted: Target) -> LayerAnswer:
    """Evaluate the policies of one layer without principals."""
    take(_STEPS)  # without enough, no statement is certain to apply or not to
    statements = [each for policy in join_many(policies) for each in policy.index.covering(wanted.name)]
    return evaluate_statements(statements, request.action, wanted, request.context)


def evaluate_statements(
    statements: Iterable[Statement],
    action: str,
    wanted: Target,
    context: Context,
    names: Callable[[Principals], Truth] = lambda principals: Truth.TRUE,
) -> LayerAnswer:
    """Evaluate statements; `names` returns whether principals include the caller."""
    action = action.lower()
    allowing: list[Applicable] = []
    denying: list[Applicable] = []
    for statement in statements:
        truth = elements_apply(statement, action, wanted, context)
        if truth is not Truth.FALSE and statement.principals is not None:
            truth = truth & names(statement.principals)
        if truth is Truth.FALSE:
            continue
        if statement.effect is Effect.OPEN:
            truth = Truth.UNKNOWN
        if statement.effect is not Effect.DENY:
            allowing.append((statement, truth))
        if statement.effect is not Effect.ALLOW:
            denying.append((statement, truth))
    return LayerAnswer(any_applies(allowing), any_applies(denying), tuple(allowing), tuple(denying))


def evaluate_resource_policy(
    policy: Policy | None, request: Request, wanted: Target, *, bounded: bool
) -> ResourceAnswer:
    """Evaluate a resource policy; `bounded`: the caller has a boundary, which NotPrincipal never exempts."""
    action = request.action.lower()
    found = PrincipalMatch()
    allowing: list[Applicable] = []
    denying: list[Applicable] = []
    for statement in policy.naming(request.caller) if policy is not None else ():
        truth = elements_apply(statement, action, wanted, request.context)
        if truth is Truth.FALSE:
            continue
        if statement.effect is not Effect.DENY:
            grant = _granted_to(statement, request.caller, truth)
            found = found | grant
            allowing.append((statement, grant.any_match()))
        if statement.effect is not Effect.ALLOW:
            principals = statement.principals
            if principals is None or statement.effect is Effect.OPEN:
                is_named = Truth.UNKNOWN
            elif principals.negated:
                is_named = ~principal.is_exempt(principals, request.caller, bounded=bounded)
            else:
                is_named = principal.match(principals, request.caller).any_match()
            denying.append((statement, truth & is_named))
    return ResourceAnswer(found, any_applies(denying), _may_apply(allowing), _may_apply(denying))


def _granted_to(statement: Statement, caller: Caller, truth: Truth) -> PrincipalMatch:
    principals = statement.principals
    if principals is None or principals.negated:
        # NOTE: an Allow with NotPrincipal allows nearly everybody; AWS advises against it, and it is not decided here.
        found = PrincipalMatch(Truth.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN)
    else:
        found = principal.match(principals, caller)
    limit = truth & Truth.UNKNOWN if statement.effect is Effect.OPEN else truth
    return PrincipalMatch(found.session & limit, found.role & limit, found.account & limit)


def any_applies(statements: list[Applicable]) -> Truth:
    """Whether any of the statements applies."""
    answer = Truth.FALSE
    for _, truth in statements:
        if truth is Truth.TRUE:
            return truth
        if truth is Truth.UNKNOWN:
            answer = truth
    return answer


def _may_apply(statements: list[Applicable]) -> tuple[Applicable, ...]:
    return tuple(each for each in statements if each[1] is not Truth.FALSE)
