"""Find the statements that grant a role one permission, and those that block it.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html for the policies of a
role and its permissions boundary. What the policies of a resource say is the same before and after, or another matter.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.access.condition_strength import Limits
from tfcheck.access.permission import Permission, is_named
from tfcheck.iam.model import Effect, Policy, Statement
from tfcheck.symbolic.value import Truth


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
    """Collect the statements that decide on one point."""
    if side is None:
        return NOWHERE
    identity = _layer_grants(side.identity, point)
    if side.unseen:
        return Coverage(identity, _UNSEEN)
    if side.boundary is None:
        return Coverage(identity)
    return Coverage(identity, _layer_grants(side.boundary, point), ", ".join(each.name for each in side.boundary))


def _layer_grants(policies: Iterable[Policy], point: Permission) -> LayerGrants:
    sure: dict[Effect, list[Statement]] = {Effect.ALLOW: [], Effect.DENY: []}
    may: set[Effect] = set()
    for policy in policies:
        if policy.open:
            may |= {Effect.ALLOW, Effect.DENY}
        for statement in policy.statements:
            named = is_named(statement, point)
            if named is Truth.FALSE:
                continue
            if named is Truth.TRUE and statement.effect in sure:
                sure[statement.effect].append(statement)
            else:
                may |= {Effect.ALLOW, Effect.DENY} if statement.effect is Effect.OPEN else {statement.effect}
    return LayerGrants(tuple(sure[Effect.ALLOW]), tuple(sure[Effect.DENY]), Effect.ALLOW in may, Effect.DENY in may)


def limits(statements: Iterable[Statement]) -> list[Limits]:
    """Return the conditions of statements."""
    return [each.conditions for each in statements]
