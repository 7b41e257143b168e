"""Pair the execution roles before the change with those after it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition, task_definitions
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role import Role
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import Text, Truth
from tfcheck.verdict.judge import Judge


class RolePair(msgspec.Struct, frozen=True):
    """A role before and after; None where it does not exist. A role that no task uses yet, or any more, exists."""

    label: str
    before: Role | None
    after: Role | None


def pairs(world: World) -> Iterator[RolePair]:
    """Return the execution roles that the plan or another stack manages, those after the change first."""
    earlier = world.before()
    after, before = _execution_roles(world), _execution_roles(earlier)
    gone = {label: role for label, role in before.items() if _exists(earlier, label) and not _exists(world, label)}
    for label, role in after.items():
        old = before.get(label) or _role_by_label(earlier, label)
        if old is None and _exists(world, label):
            old = next((each for each in gone.values() if is_same_role(each, role) is Truth.TRUE), None)
            if old is not None and old.label is not None:
                del gone[old.label]
        if old is not None or _exists(world, label):
            yield RolePair(label, old, role)
    for label, role in before.items():
        if label not in after and (label in gone or _exists(world, label)):
            yield RolePair(label, role, _role_by_label(world, label))


def pairs_elsewhere(world: World) -> Iterator[RolePair]:
    """Return the execution roles that no stack here manages, with what the plan attaches to them before and after."""
    earlier = world.before()
    after, before = _execution_roles(world, managed=False), _execution_roles(earlier, managed=False)
    for label in dict.fromkeys((*after, *before)):
        role, old = after.get(label), before.get(label)
        role = role or _find_unmanaged(before[label], world)
        old = old or _find_unmanaged(after[label], earlier)
        if role is not None and old is not None:
            yield RolePair(label, old, role)


def _find_unmanaged(role: Role, world: World) -> Role | None:
    """Return an unmanaged role as it is in another world."""
    arn = role.caller.arn
    found = world.once(Judge).roles.of(arn) if isinstance(arn, (str, Text)) else None
    return None if found is None or found.managed else found


def execution_role(task: TaskDefinition, world: World) -> Role | None:
    """Return the execution role of a task definition, without its name where the plan marks that as sensitive."""
    nameless = task.resource.sensitive("execution_role_arn")
    return world.once(Judge).roles.of(task.execution_role, nameless=nameless)


def is_same_role(one: Role, other: Role) -> Truth:
    """Whether two roles are the same: by ARN, otherwise by name and account."""
    found = equal(one.caller.arn, other.caller.arn)
    if found is not Truth.UNKNOWN:
        return found
    named = equal(one.caller.name, other.caller.name)
    return named if named is Truth.FALSE else named & equal(one.caller.account, other.caller.account)


def _execution_roles(world: World, *, managed: bool = True) -> dict[str, Role]:
    """Return the execution roles of a world by label: the managed ones, or the others."""
    roles = [execution_role(task, world) for task in task_definitions(world)]
    named = [each for each in roles if each is not None and each.label not in (None, SENSITIVE)]
    return {str(each.label): each for each in named if each.managed is managed}


def _exists(world: World, label: str) -> bool:
    return label in world.once(_addresses)


def _role_by_label(world: World, label: str) -> Role | None:
    """Return a role by its label, used or not; None if it does not exist or is not known."""
    resource = world.once(_addresses).get(label)
    found = world.once(Judge).roles.of(resource.attribute("arn") if resource else label)
    return found if found is not None and found.managed and found.label == label else None


def _addresses(world: World) -> dict[str, WorldObject]:
    return {str(each.address): each for each in world.resources("aws_iam_role")}
