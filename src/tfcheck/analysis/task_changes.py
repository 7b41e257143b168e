"""Find the tasks that the change breaks, and those that it fixes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck import checks
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup.launch import possible_services
from tfcheck.symbolic.value import Truth
from tfcheck.verdict.before import STARTS, VerdictsBefore
from tfcheck.vocabulary.finding import Answer, Severity, TaskChange


def task_changes(
    tasks: Iterable[TaskDefinition], answers: Iterable[Answer], world: World, past: VerdictsBefore
) -> Iterator[TaskChange]:
    """Return the task definitions that could start before the change and cannot after it, or the reverse.

    New task definitions are left out, and those for which either answer is unknown.
    """
    after = _decide_after(tasks, answers, world)
    for address, task in past.tasks.items():
        if after.get(address, Truth.UNKNOWN) is not Truth.UNKNOWN:
            found = _TASK_CHANGES.get((_could_start_before(task, past), after[address]))
            if found is not None:
                yield TaskChange(address, found)


_TASK_CHANGES = {
    (Truth.TRUE, Truth.FALSE): "broken",
    (Truth.FALSE, Truth.TRUE): "fixed",
    (Truth.FALSE, Truth.FALSE): "still_broken",
}


def _decide_after(tasks: Iterable[TaskDefinition], answers: Iterable[Answer], world: World) -> dict[str, Truth]:
    """Decide for every task definition whether it can start after the change."""
    found = {str(task.address): _is_definitely_stopped(task, world) for task in tasks}
    for answer in answers:
        need = answer.requirement
        if need.severity is Severity.ERROR:
            found[need.task_definition] &= STARTS[answer.verdict]
    return found


def _could_start_before(task: TaskDefinition, past: VerdictsBefore) -> Truth:
    granted = past.could_start(task)
    return granted if granted is Truth.FALSE else granted & _is_definitely_stopped(task, past.world)


def _is_definitely_stopped(task: TaskDefinition, world: World) -> Truth:
    if checks.is_stopped(task, world):
        return Truth.FALSE
    return Truth.UNKNOWN if task.problem or possible_services(task, world) else Truth.TRUE
