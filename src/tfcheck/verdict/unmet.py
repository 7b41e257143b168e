"""Find the Allow statements that would grant a call except for a condition."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.iam import Effect, Origin, Policy, Request, applies, condition
from tfcheck.iam.resource import target
from tfcheck.iam.variables import PolicyTemplate
from tfcheck.symbolic.sensitive_text import redact
from tfcheck.symbolic.value import Truth, display


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


def unmet(request: Request, policies: Iterable[Policy]) -> tuple[UnmetCondition, ...]:
    """List the conditions that keep the first such statement from granting a request; none if there is none."""
    wanted = target(request.resource)
    for policy in policies:
        for statement in policy.index.covering(wanted):
            readable = statement.unread is None and not statement.origin.secret
            if statement.effect is Effect.ALLOW and statement.conditions and readable:
                seen = applies(statement, request)
                fits = seen.action & seen.resource & seen.principal
                if fits is Truth.TRUE and seen.conditions is Truth.FALSE:
                    tests = ((each, condition.evaluate(each, request.context)) for each in statement.conditions)
                    return tuple(_unmet(each, statement.origin, request) for each, met in tests if met is Truth.FALSE)
    return ()


def _unmet(test: condition.Condition, origin: Origin, request: Request) -> UnmetCondition:
    entry = request.context.lookup(test.key)
    values = tuple(display(value) for value in test.values if not isinstance(value, PolicyTemplate))
    carried = redact(entry) if isinstance(entry, str) else ""
    return UnmetCondition(origin.policy, origin.sid, test.operator.written, test.key, values, carried)
