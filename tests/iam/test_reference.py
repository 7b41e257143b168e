"""Where everything is known, two evaluators written apart must agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given

from tests.iam.reference import Open, Reference
from tests.iam.test_laws import World, fillings, presences, worlds
from tfcheck.iam import Absent, Allowed, Entry, Undecided
from tfcheck.symbolic.value import Value


@given(worlds, fillings, presences)
def test_known_policies_are_decided_as_by_the_reference(
    world: World, filling: dict[str, Value], presence: dict[str, Entry]
) -> None:
    known = world.filled(filling, presence)
    decision = known.decision()
    if isinstance(decision, Undecided):
        return
    try:
        expected = allowed(known)
    except Open:
        return  # open in one statement and of no consequence for the decision
    assert isinstance(decision, Allowed) is expected


@given(worlds, fillings, presences)
def test_what_the_reference_decides_is_decided(
    world: World, filling: dict[str, Value], presence: dict[str, Entry]
) -> None:
    known = world.filled(filling, presence)
    try:
        allowed(known)
    except Open:
        return
    assert not isinstance(known.decision(), Undecided)


def allowed(known: World) -> bool:
    caller: Any = known.caller
    keys: Mapping[str, Any] = {"aws:PrincipalTag/team": caller.tags["team"], "aws:PrincipalArn": caller.arn} | {
        key: None if isinstance(entry, Absent) else entry for key, entry in known.extras.items()
    }
    owner = known.owner or (known.target.split(":")[4] if known.target != "*" else "") or caller.account
    reference = Reference(known.action, known.target, keys, caller)
    return reference.allowed(
        known.identity, known.boundary, known.resource, kms=known.action == "kms:Decrypt", owner=owner
    )
