"""Decide what a task was allowed to do before the change, and whether the change broke it."""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TypeAlias

from tfcheck import startup
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.limits import is_exceeded
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, identity
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.finding import Answer, Requirement, RoleKind, Severity, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_Kind: TypeAlias = tuple[str, str, str, RoleKind, str]

_VOLUMES = "/volumes"

#: The effect on the start of a verdict on something required.
STARTS = {Verdict.ALLOWED: Truth.TRUE, Verdict.DENIED: Truth.FALSE, Verdict.UNKNOWN: Truth.UNKNOWN}


class VerdictsBefore:
    """The verdicts before the change. What a task needed then is derived once."""

    def __init__(self, judge: Judge, world: World) -> None:
        self._judge = judge
        self.world = world
        self._needed: dict[WorldObject, dict[_Kind, list[Requirement]]] = {}

    def verdict(self, requirement: Requirement) -> Verdict | None:
        """Return the earlier verdict on `requirement`; None if nothing needed it.

        It is the same requirement if the same container of the same task definition needed the same action on the same
        resource, anywhere in its lists. What a start could do without at that time was not missing.
        """
        task = self.tasks.get(requirement.task_definition)
        if task is None:
            return None
        if is_exceeded():
            return Verdict.UNKNOWN
        is_trust = requirement.action == startup.trust.ACTION  # ECS assumes the role of a task, whichever it is
        alike = self._requirements(task).get(_comparable_part(requirement), ())
        compared = [(each, Truth.of(is_trust) | equal(each.resource, requirement.resource)) for each in alike]
        same = [each for each, truth in compared if truth is Truth.TRUE]
        if not same:
            return None if all(truth is Truth.FALSE for _, truth in compared) else Verdict.UNKNOWN
        earlier = same[0] if len(same) == 1 else max(same, key=lambda each: _likeness(requirement, each))
        found = self._judge.verdict(earlier, task)
        was_optional = earlier.severity.rank > requirement.severity.rank
        return None if was_optional and found is Verdict.DENIED else found

    def could_start(self, task: TaskDefinition) -> Truth:
        """Whether a task definition could start before the change: everything required was allowed."""
        if task.problem:
            return Truth.UNKNOWN
        requirements = itertools.chain.from_iterable(self._requirements(task).values())
        required = (each for each in requirements if each.severity is Severity.ERROR)
        return Truth.every(STARTS[self._judge.verdict(each, task)] for each in required)

    def has_made(self, requirement: Requirement) -> bool:
        """Whether a call that is made only once may have been made before: it was not denied to some task."""
        return (
            requirement.necessity.once and (requirement.action, identity(requirement.resource)) not in self._denied_once
        )

    @cached_property
    def _denied_once(self) -> frozenset[tuple[str, TextLike | None]]:
        """Index the calls made only once that were denied to every earlier task that needed them."""
        verdicts: dict[tuple[str, TextLike | None], bool] = {}
        for task in self.tasks.values():
            for each in itertools.chain.from_iterable(self._requirements(task).values()):
                if each.necessity.once:
                    key = each.action, identity(each.resource)
                    is_denied = not is_exceeded() and self._judge.verdict(each, task) is Verdict.DENIED
                    verdicts[key] = verdicts.get(key, True) and is_denied
        return frozenset(key for key, is_denied in verdicts.items() if is_denied)

    @cached_property
    def tasks(self) -> dict[str, TaskDefinition]:
        """The earlier task definitions by address."""
        return tasks_by_address(self.world)

    def _requirements(self, task: TaskDefinition) -> dict[_Kind, list[Requirement]]:
        """Return the earlier requirements of a task definition, by kind."""
        if task.resource not in self._needed:
            needs = startup.requirements(task, self.world)
            self._needed[task.resource] = group_by_key([(_comparable_part(each), each) for each in needs])
        return self._needed[task.resource]


def _comparable_part(requirement: Requirement) -> _Kind:
    """Return a key of a requirement without its resource, and without its place in a container."""
    place = requirement.container
    if place is None:
        # Volumes are a set: their order means nothing.
        place = _VOLUMES if requirement.pointer.startswith(_VOLUMES) else requirement.pointer
    return requirement.rule, place, requirement.action, requirement.role_kind, requirement.details.read_by


def _likeness(requirement: Requirement, earlier: Requirement) -> tuple[bool, ...]:
    """Return the rank of earlier needs of one resource: a key may decrypt several secrets, only some allowed."""
    then, now = earlier.details, requirement.details
    pairs = ((then.encrypted, now.encrypted), (then.through, now.through))
    alike = (one == other or (None not in (one, other) and equal(one, other) is Truth.TRUE) for one, other in pairs)
    return *alike, earlier.pointer == requirement.pointer


def change_of(answer: Answer) -> str | None:
    """Return whether the change introduced a problem: `introduced`, `existing`, or None without one."""
    if answer.verdict is Verdict.ALLOWED:
        return None
    return "existing" if answer.before is answer.verdict else "introduced"
