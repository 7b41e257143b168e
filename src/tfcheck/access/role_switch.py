"""Find the task definitions whose execution role changes."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.access.role_pairs import execution_role, same
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.world import World
from tfcheck.role import Role
from tfcheck.symbolic.value import Truth
from tfcheck.verdict.before import VerdictsBefore
from tfcheck.vocabulary.access import RoleSwitch


def role_switches(world: World, past: VerdictsBefore) -> Iterator[RoleSwitch]:
    """Return which task definitions definitely have another execution role, or one where there was none."""
    for task in task_definitions(world):
        earlier = past.tasks.get(str(task.address))
        if earlier is not None:
            old, new = execution_role(earlier, past.world), execution_role(task, world)
            if _is_another(old, new, world):
                yield RoleSwitch(str(task.address), old.label if old else None, new.label if new else None)


def _is_another(old: Role | None, new: Role | None, world: World) -> bool:
    if old is None or new is None:
        known = old or new
        return known is not None and known.label is not None
    if old.label is None or new.label is None or old.label == new.label:
        return False
    together = {str(each.address) for each in world.resources("aws_iam_role")}
    return same(old, new) is Truth.FALSE or {old.label, new.label} <= together
