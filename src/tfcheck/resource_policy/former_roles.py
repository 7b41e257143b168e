"""Leave out of a resource's policy the roles that the change deletes.

When a policy is saved, AWS replaces the ARN of a role by its unique id: a new role with that ARN is not the one in the
policy (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). Terraform does not
save a policy whose text stays the same. The role may be in another stack; it is open which stack is applied first.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.iam import Policy, Statement
from tfcheck.inventory.change import deleted_roles, is_created, object_before
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resource_policy.resource_side import ResourceSide
from tfcheck.role.policies import PolicyOrReason
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value


def policy_as_saved(found: PolicyOrReason, holder: WorldObject, world: World) -> PolicyOrReason:
    """Return the policy of `holder` with only the roles that it still names after the change."""
    gone = world.once(deleted_roles)
    unchanged = _is_unchanged(holder, "policy", world) if gone and found.policy else Truth.FALSE
    if unchanged is Truth.FALSE or found.policy is None:
        return found
    policy = _without_former(found.policy, gone, unchanged)
    if policy == found.policy:
        return found
    return msgspec.structs.replace(found, policy=policy, notes=(_note(str(holder.address), unchanged),))


def _note(holder: str, unchanged: Truth) -> str:
    verb = "names" if unchanged is Truth.TRUE else "may name"
    return f"{holder} {verb} a role by its id, which the change deletes, and not a new one of the same ARN"


def without_former(side: ResourceSide, others: Iterable[World], unchanged: Truth) -> ResourceSide:
    """Return one stack's view of a resource without the roles of others that the change deletes.

    `unchanged` says whether the stack definitely does not write its policies again after that.
    """
    gone = [role for world in others for role in world.once(deleted_roles)]
    if not gone:
        return side
    policy = None if side.policy is None else _without_former(side.policy, gone, unchanged)
    is_other = policy is not None and policy != side.policy
    notes = (*side.notes, _note(policy.name, unchanged)) if policy is not None and is_other else side.notes
    possible = tuple(_without_former(each, gone, unchanged) for each in side.possible_policies)
    pairs = ((each, _is_gone(each.resource.attribute("grantee_principal"), gone)) for each in side.grants)
    grants = tuple(
        msgspec.structs.replace(each, sure=False) if former else each
        for each, former in pairs
        if not former or unchanged is not Truth.TRUE
    )
    return msgspec.structs.replace(side, policy=policy, possible_policies=possible, grants=grants, notes=notes)


def _without_former(policy: Policy, gone: list[WorldObject], unchanged: Truth) -> Policy:
    statements = tuple(_without(each, gone, unchanged) for each in policy.statements)
    return msgspec.structs.replace(policy, statements=statements)


def is_former(role: Value, holder: WorldObject, argument: str, world: World) -> bool:
    """Whether an unchanged argument of `holder` names a role that the change deletes."""
    return _is_gone(role, world.once(deleted_roles)) and _is_unchanged(holder, argument, world) is Truth.TRUE


def _is_unchanged(holder: WorldObject, argument: str, world: World) -> Truth:
    """Whether the change does not rewrite an argument of a resource."""
    earlier = None if is_created(holder, world) else object_before(holder, world)
    return Truth.FALSE if earlier is None else equal(earlier.attribute(argument), holder.attribute(argument))


def _without(statement: Statement, gone: list[WorldObject], unchanged: Truth) -> Statement:
    principals = statement.principals
    if principals is None or not any(_is_gone(value, gone) for _, value in principals.entries):
        return statement
    unknown: TextLike = Unknown(reason="whether the policy is saved after the role that it names")
    entries = (
        (kind, unknown if _is_gone(value, gone) else value)
        for kind, value in principals.entries
        if unchanged is not Truth.TRUE or not _is_gone(value, gone)
    )
    return msgspec.structs.replace(statement, principals=msgspec.structs.replace(principals, entries=tuple(entries)))


def _is_gone(name: Value, gone: list[WorldObject]) -> bool:
    """Whether a principal definitely is the ARN of one of these deleted roles."""
    if isinstance(name, Unknown) and name.symbol is not None:
        return any(name.symbol.owner == str(each.address) for each in gone)
    return any(equal(name, each.attribute("arn")) is Truth.TRUE for each in gone)
