"""Which tasks that could start before the change does it break, and which that could not does it mend?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.compare import STARTS, Past
from tfcheck.ecs import TaskDefinition, task_definitions
from tfcheck.finding import Answer, Finding, Severity, TaskChange
from tfcheck.pitfall import PITFALLS
from tfcheck.value import Truth
from tfcheck.world import World


def task_changes(
    answers: Iterable[Answer], findings: Iterable[Finding], world: World, past: Past
) -> Iterator[TaskChange]:
    """Tell which task definitions could start before the change and cannot after it, or the other way round.

    Nothing is said of one that is new, and of one where either is open.
    """
    after = _after(task_definitions(world), answers, findings)
    for address, task in past.tasks.items():
        if after.get(address, Truth.UNKNOWN) is not Truth.UNKNOWN:
            found = _TASK_CHANGES.get((_could_start(task, past), after[address]))
            if found is not None:
                yield TaskChange(address, found)


_TASK_CHANGES = {
    (Truth.TRUE, Truth.FALSE): "broken",
    (Truth.FALSE, Truth.TRUE): "mended",
    (Truth.FALSE, Truth.FALSE): "still_broken",
}


def _after(tasks: Iterable[TaskDefinition], answers: Iterable[Answer], findings: Iterable[Finding]) -> dict[str, Truth]:
    """Tell for every task definition whether it can start after the change."""
    found = {str(task.address): Truth.UNKNOWN if task.problem else Truth.TRUE for task in tasks}
    for answer in answers:
        need = answer.requirement
        if need.severity is Severity.ERROR:
            found[need.task_definition] &= STARTS[answer.verdict]
    for finding in findings:
        if finding.severity is Severity.ERROR:
            found[finding.task_definition] = Truth.FALSE
    return found


def _could_start(task: TaskDefinition, past: Past) -> Truth:
    granted = past.granted(task)
    if task.problem or granted is Truth.FALSE:
        return granted
    mistakes = (mistake for pitfall in PITFALLS for mistake in pitfall.search(task, past.world))
    return Truth.FALSE if any(each.severity is Severity.ERROR for each in mistakes) else granted
