"""Grant a role of this plan what tasks of other plans in the same run need.

The statements go where this plan's own would go. That they fix it is proven in the other plans: each is decided again
beside this plan as it would be then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec

from tfcheck.fix.fix_finder import FixFinder
from tfcheck.fix.plan_fixes import FixChoice, PlanFixes
from tfcheck.fix.proposal import Allowing, RoleCase, RoleNeed
from tfcheck.fix.trial import Trial, bare_tasks
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.other_stack import Stack
from tfcheck.inventory.world import After, WorldObject
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address, ElsewhereAddress
from tfcheck.vocabulary.finding import Answer, Verdict


class OtherStackNeeds(msgspec.Struct, frozen=True):
    """The needs of tasks in another plan, whose world sees this plan as one of its `stacks`, called `name`."""

    answers: tuple[Answer, ...]
    world: After
    stacks: tuple[Stack, ...]
    name: str


def find_fixes_for_others(
    role: ElsewhereAddress,
    asked: Sequence[OtherStackNeeds],
    world: After,
    *,
    prefixes: bool = False,
    conceals: Callable[[str], bool] = lambda _: False,
) -> PlanFixes:
    """Find a proven change to the sources of `world` that grants a role what others need."""
    address = Address(role.module, role.mode, role.type, role.name, role.key)
    resources = (each for each in world.resources(role.type) if each.address == address)
    found = (_OtherStackFixes(world, asked, prefixes, conceals).fixes_of(each) for each in resources)
    return next(found, PlanFixes())


class _OtherStackFixes(FixFinder):
    """Finds the fixes for the needs of other stacks."""

    def __init__(
        self, world: After, asked: Sequence[OtherStackNeeds], prefixes: bool, conceals: Callable[[str], bool]
    ) -> None:
        super().__init__(world, FixChoice(prefixes=prefixes), conceals)
        self._asked = asked

    def fixes_of(self, role: WorldObject) -> PlanFixes:
        need = RoleNeed((role,), tuple(answer for each in self._asked for answer in each.answers))
        settled = self._granted_by_sources([need], [])
        left = RoleNeed(need.roles, tuple(each for each in need.answers if each not in settled))
        proven = self._proven([RoleCase(left, self._rank)] if left.answers else [])
        return PlanFixes(
            tuple(draft for case in self._current(proven) if (draft := self._draft(case)) is not None), tuple(settled)
        )

    def _decides(self, trial: Trial) -> Allowing:
        return _DecisionsBeside([_OtherPlan(each, trial.world) for each in self._asked])


class _DecisionsBeside:
    """Decides the requirements of other plans with a changed plan."""

    def __init__(self, others: Sequence[_OtherPlan]) -> None:
        # NOTE: tasks of two plans may have the same address, and equal answers: they are compared by identity.
        self._others = {id(answer): each for each in others for answer in each.asked.answers}

    def allows(self, answer: Answer) -> bool:
        return self._others[id(answer)].allows(answer)


class _OtherPlan:
    """One of the other plans, with the changed plan."""

    def __init__(self, asked: OtherStackNeeds, world: After) -> None:
        self.asked = asked
        self._changed = world

    def allows(self, answer: Answer) -> bool:
        task = self._tasks.get(answer.requirement.task_definition)
        return task is not None and self._judge.judge(answer.requirement, task).verdict is Verdict.ALLOWED

    @cached_property
    def _world(self) -> After:
        stacks = [
            each.with_world(self._changed) if each.name == self.asked.name else each for each in self.asked.stacks
        ]
        for stack, before in zip(stacks, self.asked.stacks, strict=True):
            if stack is not before:
                stack.link(stacks)
        return After(self.asked.world.resolver, stacks)

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self._world)

    @cached_property
    def _tasks(self) -> dict[str, TaskDefinition]:
        return bare_tasks(self._world)
