"""Suggest a policy for a role that another stack manages.

Its files are not this plan's, and a policy that this plan gave to the role would be in the way of that stack where it
lists the role's policies exclusively. Only what is known is written: nothing there can refer to what this plan creates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.fix.as_text import fix_of, verdicts_with, without_denied
from tfcheck.fix.naming import Labels
from tfcheck.fix.new_policy import NewPolicy, hcl
from tfcheck.fix.new_role import START_UP
from tfcheck.fix.referable import local_name
from tfcheck.fix.wanted import Spelled, free, needed_statements
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import After
from tfcheck.role import Role
from tfcheck.symbolic.value import TextLike
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import ElsewhereAddress
from tfcheck.vocabulary.finding import Answer, Fix


class _Lacking(msgspec.Struct, frozen=True):
    """What one role of another stack lacks."""

    role: Role
    home: ElsewhereAddress
    answers: list[Answer]


def grants_elsewhere(
    answers: Iterable[Answer], world: After
) -> Iterator[tuple[Fix, tuple[Answer, ...], ElsewhereAddress]]:
    """Write what roles of other stacks lack, with the fixed answers and the role.

    There is nothing for what even that would not allow, or where something in it is not known yet.
    """
    labels = Labels()
    for lacking in _lacking(answers, world):
        verdicts = verdicts_with(lacking.answers, world)
        fixed = tuple(
            each for each in without_denied(lacking.answers, verdicts) if needed_statements([each], _spell_known)
        )
        statements = needed_statements(fixed, _spell_known)
        if fixed and statements is not None:
            home = lacking.home
            name = free(START_UP, [taken for taken, _ in lacking.role.inline], "-")
            policy = NewPolicy(
                labels.label(home, None, home.name, home.key), name, f"{local_name(home)}.id", statements
            )
            where = f" in {home.module}" if home.module.steps else ""
            title = f"add an inline policy to {local_name(home)}{where} in the stack of {home.stack}"
            yield fix_of(title, "\n".join(hcl(policy)), verdicts), fixed, home


def _lacking(answers: Iterable[Answer], world: After) -> Iterable[_Lacking]:
    judge = world.once(Judge)
    tasks = tasks_by_address(world)
    found: dict[ElsewhereAddress, _Lacking] = {}
    for answer in answers:
        role = judge.role(answer.requirement, tasks[answer.requirement.task_definition])
        if role is not None and isinstance(role.home, ElsewhereAddress):
            found.setdefault(role.home, _Lacking(role, role.home, [])).answers.append(answer)
    return found.values()


def _spell_known(value: TextLike) -> Spelled | None:
    return (value,) if isinstance(value, str) else None
