"""Leave out of a resource's policy the roles that it names and that the change deletes.

When a policy is saved, AWS puts the unique id of a role in the place of its ARN: a new role with that ARN is not the
one that the policy names (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
A plan changes nothing where the text is the same, and an apply skips an update that comes to the same text.
"""

from __future__ import annotations

import msgspec

from tfcheck.iam import Statement
from tfcheck.inventory.change import before, ended, is_created
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.policies import PolicyOrReason
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value


def as_saved(found: PolicyOrReason, holder: WorldObject, world: World) -> PolicyOrReason:
    """Return the policy of `holder` with only those roles that it still names after the change."""
    gone = world.once(_gone)
    kept = _keeps(holder, "policy", world) if gone and found.policy else Truth.FALSE
    if kept is Truth.FALSE or found.policy is None:
        return found
    statements = tuple(_without(each, gone, kept) for each in found.policy.statements)
    if statements == found.policy.statements:
        return found
    said = "names" if kept is Truth.TRUE else "may name"
    note = f"{holder.address} {said} a role by its id, which this plan deletes, and not a new one of the same ARN"
    return msgspec.structs.replace(
        found, policy=msgspec.structs.replace(found.policy, statements=statements), notes=(note,)
    )


def is_former(role: Value, holder: WorldObject, argument: str, world: World) -> bool:
    """Whether an argument of `holder`, which the change keeps as it is, names a role that the change deletes."""
    return _is_gone(role, world.once(_gone)) and _keeps(holder, argument, world) is Truth.TRUE


def _gone(world: World) -> list[WorldObject]:
    return ended("aws_iam_role", world)


def _keeps(holder: WorldObject, argument: str, world: World) -> Truth:
    """Whether the change does not write an argument of a resource again."""
    earlier = None if is_created(holder, world) else before(holder, world)
    return Truth.FALSE if earlier is None else equal(earlier.attribute(argument), holder.attribute(argument))


def _without(statement: Statement, gone: list[WorldObject], kept: Truth) -> Statement:
    principals = statement.principals
    if principals is None or not any(_is_gone(value, gone) for _, value in principals.entries):
        return statement
    unknown: TextLike = Unknown(reason="whether the policy is saved after the role that it names")
    entries = (
        (kind, unknown if _is_gone(value, gone) else value)
        for kind, value in principals.entries
        if kept is not Truth.TRUE or not _is_gone(value, gone)
    )
    return msgspec.structs.replace(statement, principals=msgspec.structs.replace(principals, entries=tuple(entries)))


def _is_gone(name: Value, gone: list[WorldObject]) -> bool:
    """Whether a principal definitely is the ARN that one of these roles had."""
    if isinstance(name, Unknown) and name.symbol is not None:
        return any(name.symbol.owner == str(each.address) for each in gone)
    return any(equal(name, each.attribute("arn")) is Truth.TRUE for each in gone)
