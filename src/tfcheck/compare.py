"""What could a task do before the change, and did the change bring what is wrong now?"""

from __future__ import annotations

from functools import cached_property

from tfcheck import startup
from tfcheck.ecs import TaskDefinition, task_definitions
from tfcheck.finding import Answer, Requirement, Verdict
from tfcheck.judge import Judge
from tfcheck.match import equal
from tfcheck.value import Truth
from tfcheck.world import World


class Past:
    """The verdicts in the state before the change."""

    def __init__(self, judge: Judge, world: World) -> None:
        """Take the world before the change, and its judge."""
        self._judge = judge
        self._world = world

    def verdict(self, requirement: Requirement) -> Verdict | None:
        """Decide what `requirement` was before the change; None where nothing needed it then.

        It is the same requirement if the same container of the same task definition needed the same action on the same
        thing, wherever in the list that stood.
        """
        task = self._tasks.get(requirement.task_definition)
        if task is None:
            return None
        for earlier in self._requirements(task):
            if _same(earlier, requirement):
                return self._judge.judge(earlier, task).verdict
        return None

    @cached_property
    def _tasks(self) -> dict[str, TaskDefinition]:
        return {str(task.address): task for task in task_definitions(self._world)}

    def _requirements(self, task: TaskDefinition) -> list[Requirement]:
        return list(startup.requirements(task, self._world))


def _same(one: Requirement, other: Requirement) -> bool:
    if (one.rule, one.container, one.action, one.role_kind) != (
        other.rule,
        other.container,
        other.action,
        other.role_kind,
    ):
        return False
    if one.container is None:
        return one.pointer == other.pointer
    return equal(one.resource, other.resource) is Truth.TRUE


def change_of(answer: Answer) -> str | None:
    """Tell whether the change brought what is wrong: `introduced`, `existing`, or None where it is not wrong."""
    if answer.verdict is Verdict.ALLOWED:
        return None
    return "existing" if answer.before is answer.verdict else "introduced"
