"""Group the needs of roles that one change can fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tfcheck.fix.holders import Holders
from tfcheck.fix.proposal import RoleNeed
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import World
from tfcheck.symbolic.value import identity
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.finding import Answer

#: The number of unmatched needs that others are compared with: each is compared with all.
_MOST = 10
#: Whether what several roles lack can be written as shared statements.
IsShared: TypeAlias = Callable[[RoleNeed], bool]


def join_needs(needs: Sequence[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    """Yield the needs of roles from one block, with equal ones merged.

    If the roles lack different permissions, the permissions for each rule are joined separately.
    """
    if len(needs) == 1 or is_shared(_sum(needs)):
        yield _sum(needs)
        return
    by_rule: dict[str, list[RoleNeed]] = {}
    for each in needs:
        for rule in dict.fromkeys(one.requirement.rule for one in each.answers):
            by_rule.setdefault(rule, []).append(
                each.restrict_to([one for one in each.answers if one.requirement.rule == rule])
            )
    yield from _join_same_roles(
        [one for several in by_rule.values() for one in _join_by_rule(several, is_shared)], is_shared
    )


def needs_of_outside_roles(answers: Sequence[Answer], world: World) -> Iterator[RoleNeed]:
    """Yield the needs of each unmanaged role that may get a policy from the plan."""
    own = {str(each.address) for each in world.resources("aws_iam_role")}
    tasks, judge = tasks_by_address(world), world.once(Judge)
    by_name: dict[str, list[Answer]] = {}
    for answer in answers:
        task = tasks.get(answer.requirement.task_definition) if answer.role not in own else None
        role = judge.role(answer.requirement, task) if task is not None else None
        if role is not None and isinstance(role.caller.name, str):
            by_name.setdefault(role.caller.name, []).append(answer)
    for name, several in by_name.items():
        yield RoleNeed((), tuple(several), name)


def join_by_shared_policy(needs: Sequence[RoleNeed], holders: Holders) -> Iterator[RoleNeed]:
    """Group the needs of roles where a policy is for exactly these: equal ones, or those of the roles of one block."""
    by_role: dict[str, list[RoleNeed]] = {}
    for need in needs:
        for name in need.names() if need.answers else ():
            by_role.setdefault(name, []).append(need)
    done: set[str] = set()
    tried: set[tuple[str, frozenset[tuple[str, object]]]] = set()
    for need in needs:
        for holder in holders.of(need.roles[0]) if need.roles and need.answers else ():
            asked, reach = _permissions(need), holders.reach(holder.resource) or frozenset()
            if (str(holder.resource.address), asked) in tried or not done.isdisjoint(reach):
                continue
            tried.add((str(holder.resource.address), asked))
            beside = {id(each): each for name in sorted(reach) for each in by_role.get(name, ())}.values()
            siblings = {str(each) for each in holders.instances(need.roles[0].address)}
            same = [
                each for each in beside if each.names() <= reach and (_permissions(each) == asked or reach <= siblings)
            ]
            if len(same) > 1 and {name for each in same for name in each.names()} == reach:
                done |= reach
                yield _sum(same)


def _permissions(need: RoleNeed) -> frozenset[tuple[str, object]]:
    return frozenset((each.requirement.action, identity(each.requirement.resource)) for each in need.answers)


def _join_same_roles(parts: Sequence[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    by_roles: dict[frozenset[str], list[RoleNeed]] = {}
    for each in parts:
        by_roles.setdefault(each.names(), []).append(each)
    for several in by_roles.values():
        roles = several[0].roles
        whole = RoleNeed(roles, tuple(answer for each in several for answer in each.answers))
        yield from [whole] if len(roles) == 1 or is_shared(whole) else several


def _join_by_rule(needs: list[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    alone = 0
    while needs:
        if alone == _MOST:
            yield from needs
            return
        together = needs
        if not is_shared(_sum(needs)):
            first = needs[0]
            together = [each for each in needs if each is first or is_shared(_sum([first, each]))]
        if together is not needs and not is_shared(_sum(together)):
            together = _join_one_by_one(together, is_shared)
        alone += len(together) == 1
        chosen = set(map(id, together))
        needs = [each for each in needs if id(each) not in chosen]
        yield _sum(together)


def _join_one_by_one(needs: list[RoleNeed], is_shared: IsShared) -> list[RoleNeed]:
    together = needs[:1]
    for each in needs[1:]:
        if is_shared(_sum([*together, each])):
            together.append(each)
    return together


def _sum(needs: Sequence[RoleNeed]) -> RoleNeed:
    return RoleNeed(
        tuple(role for each in needs for role in each.roles),
        tuple(answer for each in needs for answer in each.answers),
    )
