"""Grant a role of this plan what tasks of other plans in the same run need, proven in those plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import msgspec

from tfcheck.fix.fix_finder import FixFinder
from tfcheck.fix.proof.trial import Trial, bare_tasks
from tfcheck.fix.proposal import Allows, FixChoice, PlanFixes, RoleCase, RoleNeed
from tfcheck.fix.words.as_text import draft_of
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.other_stack import Stack
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import WorldObject, find_object
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address, OtherStackAddress
from tfcheck.vocabulary.finding import Answer, Verdict


class OtherStackNeeds(msgspec.Struct, frozen=True):
    """The needs of tasks in another plan, whose world sees this plan as one of its `stacks`, called `name`."""

    answers: tuple[Answer, ...]
    world: After
    stacks: tuple[Stack, ...]
    name: str


def find_fixes_for_others(
    role: OtherStackAddress,
    needs: Sequence[OtherStackNeeds],
    world: After,
    *,
    prefixes: bool = False,
    conceals: Callable[[str], bool] = lambda _: False,
) -> PlanFixes:
    """Find a proven change to the sources of `world` that grants a role what others need."""
    found = find_object(Address(role.module, role.mode, role.type, role.name, role.key), world)
    return _OtherStackFixes(world, needs, prefixes, conceals).fixes_of(found) if found is not None else PlanFixes()


class _OtherStackFixes(FixFinder):
    """Finds the fixes for the needs of other stacks."""

    def __init__(
        self, world: After, needs: Sequence[OtherStackNeeds], prefixes: bool, conceals: Callable[[str], bool]
    ) -> None:
        super().__init__(world, FixChoice(prefixes=prefixes), conceals)
        self._needs_of_others = needs

    def fixes_of(self, role: WorldObject) -> PlanFixes:
        need = RoleNeed((role,), tuple(answer for each in self._needs_of_others for answer in each.answers))
        settled = self._granted_by_sources([need], [])
        left = RoleNeed(need.roles, tuple(each for each in need.answers if each not in settled))
        proven = self._proven([RoleCase(left, self._rank)] if left.answers else [])
        return PlanFixes(
            tuple(draft for case in self._current(proven) if (draft := draft_of(case, self.places)) is not None),
            tuple(settled),
        )

    def _decides(self, trial: Trial) -> Allows:
        # NOTE: tasks of two plans may have the same address, and equal answers: they are compared by identity.
        judges = ((each.answers, _judge_beside(each, trial.world)) for each in self._needs_of_others)
        others = {id(answer): judge for answers, judge in judges for answer in answers}
        return lambda answer: others[id(answer)](answer)


def _judge_beside(needs: OtherStackNeeds, changed: After) -> Allows:
    """Decide the requirements of another plan beside a changed one, which it sees as one of its stacks."""

    @cache
    def beside() -> tuple[After, dict[str, TaskDefinition]]:
        stacks = [each.with_world(changed) if each.name == needs.name else each for each in needs.stacks]
        for stack, before in zip(stacks, needs.stacks, strict=True):
            if stack is not before:
                stack.link(stacks)
        world = After(needs.world.resolver, stacks)
        return world, bare_tasks(world)

    def allows(answer: Answer) -> bool:
        world, tasks = beside()
        task = tasks.get(answer.requirement.task_definition)
        return task is not None and world.once(Judge).verdict(answer.requirement, task) is Verdict.ALLOWED

    return allows
