"""List what task definitions need of their roles after a change, derived anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck import startup
from tfcheck.fix.trial import Trial
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer, Requirement, RoleKind, Verdict


def needs_after(task: Address, trial: Trial) -> Iterator[Answer]:
    """Yield what a task definition definitely needs from its execution role after a change."""
    known = tasks_by_address(trial.world).get(str(task))
    for each in startup.requirements(known, trial.world) if known is not None else ():
        if each.role_kind is RoleKind.EXECUTION and not each.doubt:
            yield Answer(requirement=each, role=None, verdict=Verdict.DENIED)


def relieved_answers(answers: Iterable[Answer], tasks: Iterable[Address], trial: Trial) -> Iterator[Answer]:
    """Yield what other roles, such as those of instances, no longer need once there is an execution role."""
    known = tasks_by_address(trial.world)
    for task in (known[each] for each in map(str, tasks) if each in known):
        kinds: dict[tuple[object, ...], set[RoleKind]] = {}
        for each in startup.requirements(task, trial.world):
            kinds.setdefault(_permission_key(each), set()).add(each.role_kind)
        for one in (each for each in answers if each.requirement.task_definition == str(task.address)):
            need = one.requirement
            is_call = need.role_kind is not RoleKind.EXECUTION and need.action != startup.trust.ACTION
            if is_call and kinds.get(_permission_key(need)) == {RoleKind.EXECUTION}:
                yield one


def _permission_key(need: Requirement) -> tuple[object, ...]:
    """Return a key for a permission, regardless of who needs it."""
    return need.rule, need.container, need.pointer, need.action
