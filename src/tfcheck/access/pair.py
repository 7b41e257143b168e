"""Which execution roles are there before the change and after it, and which two are one and the same?"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.ecs import task_definitions
from tfcheck.judge import Judge
from tfcheck.match import equal
from tfcheck.role import Role
from tfcheck.value import Truth
from tfcheck.world import Thing, World


class Pair(msgspec.Struct, frozen=True):
    """One role; None where it does not exist. A role that is merely not used yet, or no longer, exists."""

    label: str
    before: Role | None
    after: Role | None


def pairs(world: World) -> Iterator[Pair]:
    """Give the execution roles that the plan, or a stack beside it, manages: those after the change first."""
    earlier = world.before()
    after, before = _used(world), _used(earlier)
    gone = {label: role for label, role in before.items() if _exists(earlier, label) and not _exists(world, label)}
    for label, role in after.items():
        old = before.get(label) or _at(earlier, label)
        if old is None and _exists(world, label):
            old = next((each for each in gone.values() if same(each, role) is Truth.TRUE), None)
            if old is not None and old.label is not None:
                del gone[old.label]
        if old is not None or _exists(world, label):
            yield Pair(label, old, role)
    for label, role in before.items():
        if label not in after and (label in gone or _exists(world, label)):
            yield Pair(label, role, _at(world, label))


def same(one: Role, other: Role) -> Truth:
    """Tell whether two roles are one: by ARN, or else by name and account."""
    found = equal(one.caller.arn, other.caller.arn)
    if found is not Truth.UNKNOWN:
        return found
    named = equal(one.caller.name, other.caller.name)
    return named if named is Truth.FALSE else named & equal(one.caller.account, other.caller.account)


def _used(world: World) -> dict[str, Role]:
    """Give the execution roles of a world, as far as it is complete what they have, by label."""
    judge = world.once(Judge)
    roles = [judge.roles.of(task.execution_role) for task in task_definitions(world)]
    return {each.label: each for each in roles if each is not None and each.managed and each.label is not None}


def _exists(world: World, label: str) -> bool:
    return label in world.once(_addresses)


def _at(world: World, label: str) -> Role | None:
    """Give a role by its label, whether or not it is used; None where there is none or it is not told."""
    thing = world.once(_addresses).get(label)
    found = world.once(Judge).roles.of(thing.attribute("arn") if thing else label)
    return found if found is not None and found.managed and found.label == label else None


def _addresses(world: World) -> dict[str, Thing]:
    return {str(each.address): each for each in world.things("aws_iam_role")}
