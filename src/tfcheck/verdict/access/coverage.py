"""Find the statements that grant a role one permission or block it, and compare their conditions.

A request satisfies a statement if it meets all of its conditions, and several statements if it satisfies one of them.
See
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html.
The values of the keys are unknown here: only what is true for every possible request is reported.

The policies of a role and its permissions boundary are combined as in
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. Resource policies are not
considered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from tfcheck.iam.condition import Condition
from tfcheck.iam.model import Effect, Policy, Statement
from tfcheck.symbolic.value import Truth
from tfcheck.verdict.access.permission import Permission, charge, is_named

#: The conditions of one statement, all of which must hold.
Limits: TypeAlias = tuple[Condition, ...]

#: Steps for looking for the statements of a policy about one permission, and for each of them.
_POLICY, _STATEMENT = 5, 8
_PLAIN = ("stringequals", "stringnotequals")


def is_within(these: Sequence[Limits], those: Sequence[Limits]) -> Truth:
    """Whether every request that satisfies one of `these` also satisfies one of `those`; both can be satisfied."""
    keys = [key for limits in those for key in _keys(limits)]
    # NOTE: two tests of the same key may together allow what neither does alone.
    otherwise = Truth.UNKNOWN if len(keys) > len(set(keys)) else Truth.FALSE
    return Truth.every(otherwise | Truth.some(_implies(limits, each) for each in those) for limits in these)


def _keys(limits: Limits) -> set[str]:
    return {each.key.lower() for each in limits}


def share_a_key(these: Iterable[Limits], those: Iterable[Limits]) -> bool:
    """Whether both test the same key, so that one may cover what the other leaves out."""
    ours = {key for limits in these for key in _keys(limits)}
    return any(ours & _keys(limits) for limits in those)


def _implies(ours: Limits, theirs: Limits) -> Truth:
    """Whether every request that satisfies our conditions satisfies theirs."""
    missing = [each for each in theirs if not _always_holds(each) and not any(_is_as_strict(our, each) for our in ours)]
    if not missing:
        return Truth.TRUE
    if any(each.unread is not None for each in (*ours, *theirs)):
        return Truth.UNKNOWN
    own = [our for our in ours if not any(_is_as_strict(our, each) and _is_as_strict(each, our) for each in theirs)]
    for each in missing:
        # Does some request definitely satisfy our conditions, but not this one?
        of_same_key = [our for our in ours if our.key.lower() == each.key.lower()]
        if own == of_same_key and (not own or (len(own) == 1 and _is_looser(own[0], each))):
            return Truth.FALSE
    return Truth.UNKNOWN


def _always_holds(condition: Condition) -> bool:
    asked = condition.operator
    free = asked.if_exists or asked.quantifier == "all"
    return free and not asked.negated and "like" in asked.written.lower() and "*" in condition.values


def _is_as_strict(one: Condition, other: Condition) -> bool:
    """Whether satisfying one condition definitely means satisfying the other."""
    if one == other:
        return True
    if one.unread is not None or other.unread is not None or not _is_same_test(one, other):
        return False
    if one.operator.test is None:
        return set(one.values) == set(other.values)
    few, many = (other, one) if one.operator.negated else (one, other)
    return all(value in many.values for value in few.values)


def _is_same_test(one: Condition, other: Condition) -> bool:
    same = one.operator.written.lower() == other.operator.written.lower()
    return same and one.key.lower() == other.key.lower()


def _is_looser(one: Condition, other: Condition) -> bool:
    """Whether some value definitely satisfies the first condition and not the second."""
    plain = one.operator.written.lower().removesuffix("ifexists") in _PLAIN
    if not plain or not _is_same_test(one, other) or not all(isinstance(v, str) for v in (*one.values, *other.values)):
        return False
    more, fewer = (other, one) if one.operator.negated else (one, other)
    return any(value not in fewer.values for value in more.values)


class RolePolicies(msgspec.Struct, frozen=True):
    """A role in one world: its policies and those of its boundary, or None. `unseen`: the boundary is unreadable."""

    identity: tuple[Policy, ...]
    boundary: tuple[Policy, ...] | None
    unseen: bool = False


class LayerGrants(msgspec.Struct, frozen=True):
    """The definite allows and denies of a permission in one layer, and whether there may be more."""

    allowing: tuple[Statement, ...] = ()
    denying: tuple[Statement, ...] = ()
    may_allow: bool = False
    may_deny: bool = False

    @property
    def silent(self) -> Truth:
        """Whether nothing is allowed."""
        if any(not each.conditions for each in self.denying):
            return Truth.TRUE
        if not self.allowing:
            return Truth.UNKNOWN if self.may_allow else Truth.TRUE
        # NOTE: a Deny may remove everything that a conditional Allow leaves.
        free = not self.denying or any(not each.conditions for each in self.allowing)
        return Truth.FALSE if free and not self.may_deny else Truth.UNKNOWN


class Coverage(msgspec.Struct, frozen=True):
    """The permissions of a role at one point; `ceiling` is None without a boundary, which `boundary` names."""

    identity: LayerGrants
    ceiling: LayerGrants | None = None
    boundary: str = ""

    @property
    def has_no_access(self) -> Truth:
        """Whether the role has no access there."""
        return self.identity.silent | (self.ceiling.silent if self.ceiling else Truth.FALSE)


#: A role that does not exist.
NOWHERE = Coverage(LayerGrants())
_UNSEEN = LayerGrants(may_allow=True, may_deny=True)


def reach(side: RolePolicies | None, point: Permission) -> Coverage:
    """Return the statements that decide on one point."""
    if side is None:
        return NOWHERE
    identity = _layer_grants(side.identity, point)
    if side.unseen:
        return Coverage(identity, _UNSEEN)
    if side.boundary is None:
        return Coverage(identity)
    return Coverage(identity, _layer_grants(side.boundary, point), ", ".join(each.name for each in side.boundary))


def _layer_grants(policies: Iterable[Policy], point: Permission) -> LayerGrants:
    definite: dict[Effect, list[Statement]] = {Effect.ALLOW: [], Effect.DENY: []}
    may: set[Effect] = set()
    for policy in policies:
        if policy.open:
            may |= {Effect.ALLOW, Effect.DENY}
        statements = policy.index.covering(point.name)
        charge(_POLICY + _STATEMENT * len(statements))
        for statement in statements:
            named = is_named(statement, point)
            if named is Truth.FALSE:
                continue
            if named is Truth.TRUE and statement.effect in definite:
                definite[statement.effect].append(statement)
            else:
                may |= {Effect.ALLOW, Effect.DENY} if statement.effect is Effect.OPEN else {statement.effect}
    return LayerGrants(
        tuple(definite[Effect.ALLOW]), tuple(definite[Effect.DENY]), Effect.ALLOW in may, Effect.DENY in may
    )


def limits(statements: Iterable[Statement]) -> list[Limits]:
    """Return the conditions of statements."""
    return [each.conditions for each in statements]
