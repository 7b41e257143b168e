"""Join what several roles lack, where it can be granted together: in shared statements, or in a shared policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from tfcheck.fix.policies.existing_policy import grants_alike
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.proposal import RoleNeed
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import World
from tfcheck.resolve import Resolver
from tfcheck.symbolic.value import identity
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.finding import Answer
from tfcheck.vocabulary.grouping import group_by_key

#: The number of unmatched needs that others are compared with: each is compared with all.
_MOST = 10
_Part = TypeVar("_Part")
#: Whether what several roles lack can be written as shared statements.
IsShared: TypeAlias = Callable[[RoleNeed], bool]


def needs_of_roles(answers: Sequence[Answer], places: FixPlaces, is_shared: IsShared) -> Iterator[RoleNeed]:
    """Yield the needs of managed roles, those from one block together where all of them lack the same."""
    roles = {str(each.address): each for each in places.world.resources("aws_iam_role") if not each.is_forgotten}
    by_role = group_by_key((each.role or "", each) for each in answers if each.role in roles)
    done: set[str] = set()
    for name in by_role:
        if name not in done:
            siblings = [str(each) for each in places.policies.instances(roles[name].address)] or [name]
            lacking = [RoleNeed((roles[each],), tuple(by_role[each])) for each in siblings if each in by_role]
            done |= set(siblings)
            yield from join_needs(lacking, is_shared)


def join_needs(needs: Sequence[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    """Yield the needs of roles from one block, with equal ones merged.

    If the roles lack different permissions, the permissions for each rule are joined separately.
    """
    if len(needs) == 1 or is_shared(sum_needs(needs)):
        yield sum_needs(needs)
        return
    by_rule = group_by_key(
        (rule, each.restrict_to([one for one in each.answers if one.requirement.rule == rule]))
        for each in needs
        for rule in dict.fromkeys(one.requirement.rule for one in each.answers)
    )
    joined = (one for several in by_rule.values() for one in _join_by_rule(several, is_shared))
    for several in group_by_key((each.names(), each) for each in joined).values():
        whole = RoleNeed(several[0].roles, tuple(answer for each in several for answer in each.answers))
        yield from [whole] if len(whole.roles) == 1 or is_shared(whole) else several


def join_overlapping(needs: Sequence[RoleNeed]) -> Iterator[RoleNeed]:
    """Join the needs of instances of one block, one of which has several, as parts."""
    for several in group_connected(needs, RoleNeed.names):
        if len(several) > 1 and all(isinstance(role.address.key, str) for need in several for role in need.roles):
            yield join_parts(several)


def join_parts(needs: Sequence[RoleNeed]) -> RoleNeed:
    """Return several needs as the parts of one."""
    roles = {each.address: each for need in needs for each in need.roles}
    return RoleNeed(tuple(roles.values()), tuple(one for each in needs for one in each.answers), parts=tuple(needs))


def group_connected(parts: Iterable[_Part], keys_of: Callable[[_Part], Iterable[Hashable]]) -> list[list[_Part]]:
    """Group parts that share a key, directly or through others."""
    groups: dict[int, list[_Part]] = {}  # by the number of their last part
    joined: list[int] = []  # each part's later one in the same group, or itself
    by_key: dict[Hashable, int] = {}
    for number, part in enumerate(parts):
        keys = tuple(keys_of(part))
        near = sorted({_last(joined, by_key[each]) for each in keys if each in by_key})
        group: list[_Part] = groups.pop(near[0]) if near else []
        for each in near[1:]:
            group += groups.pop(each)
        group.append(part)
        groups[number] = group
        joined.append(number)
        for each in near:
            joined[each] = number
        by_key |= dict.fromkeys(keys, number)
    return list(groups.values())


def _last(joined: list[int], number: int) -> int:
    while joined[number] != number:
        joined[number] = number = joined[joined[number]]
    return number


def needs_of_outside_roles(answers: Sequence[Answer], world: World) -> Iterator[RoleNeed]:
    """Yield the needs of each unmanaged role that may get a policy from the plan."""
    own = {str(each.address) for each in world.resources("aws_iam_role") if not each.is_forgotten}
    tasks, judge = tasks_by_address(world), world.once(Judge)
    by_name: dict[str, list[Answer]] = {}
    for answer in answers:
        task = tasks.get(answer.requirement.task_definition) if answer.role not in own else None
        role = judge.role(answer.requirement, task) if task is not None else None
        if role is not None and isinstance(role.caller.name, str):
            by_name.setdefault(role.caller.name, []).append(answer)
    for name, several in by_name.items():
        yield RoleNeed((), tuple(several), name)


def join_by_shared_policy(needs: Sequence[RoleNeed], places: FixPlaces) -> Iterator[RoleNeed]:
    """Group what roles lack where a policy is for exactly these: all of it for the roles of one block.

    Otherwise it is what all of them lack: everything, or what a policy is for that grants the like.
    """
    policies = places.policies
    by_role = group_by_key((name, need) for need in needs if need.answers for name in need.names())
    done: set[str] = set()
    tried: set[str] = set()
    for need in needs:
        for policy in policies.of(need.roles[0]) if need.roles and need.answers else ():
            address, reach = str(policy.resource.address), policies.reach(policy.resource) or frozenset()
            if address in tried or not done.isdisjoint(reach):
                continue
            tried.add(address)
            found = {id(each): each for name in sorted(reach) for each in by_role.get(name, ())}.values()
            beside = [each for each in found if each.names() <= reach]
            if len(beside) < 2 or {name for each in beside for name in each.names()} != reach:
                continue
            role = need.roles[0].address
            siblings = {str(each) for each in policies.instances(role) if each.module == role.module}
            whole = sum_needs(beside)
            shared = whole if reach <= siblings else _common(beside)
            if shared.answers and (len(shared.answers) == len(whole.answers) or grants_alike(policy, shared, places)):
                done |= reach
                yield shared


def join_by_block(needs: Sequence[RoleNeed], resolver: Resolver) -> list[RoleNeed]:
    """Join what roles of one block lack in several calls of its module."""
    called = [each for each in needs if each.roles and each.roles[0].address.module.steps]
    by_block = group_by_key((id(resolver.block(each.roles[0].address)), each) for each in called)
    return [sum_needs(each) for each in by_block.values() if len(each) > 1]


def _common(needs: Sequence[RoleNeed]) -> RoleNeed:
    """Return what all roles of several needs lack."""
    lacking: dict[str, set[tuple[str, object]]] = {}
    for each in needs:
        for name, answers in each.answers_by_role().items():
            lacking.setdefault(name, set()).update(map(_permission, answers))
    common, whole = set.intersection(*lacking.values()), sum_needs(needs)
    return whole.restrict_to([each for each in whole.answers if _permission(each) in common])


def _permission(answer: Answer) -> tuple[str, object]:
    return answer.requirement.action, identity(answer.requirement.resource)


def _join_by_rule(needs: list[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    alone = 0
    while needs:
        if alone == _MOST:
            yield from needs
            return
        together = needs
        if not is_shared(sum_needs(needs)):
            first = needs[0]
            together = [each for each in needs if each is first or is_shared(sum_needs([first, each]))]
        if together is not needs and not is_shared(sum_needs(together)):
            first, *others = together
            together = [first]
            for each in others:
                together += [each] if is_shared(sum_needs([*together, each])) else []
        alone += len(together) == 1
        chosen = set(map(id, together))
        needs = [each for each in needs if id(each) not in chosen]
        yield sum_needs(together)


def sum_needs(needs: Sequence[RoleNeed]) -> RoleNeed:
    """Return several needs as one."""
    return RoleNeed(
        tuple(role for each in needs for role in each.roles), tuple(answer for each in needs for answer in each.answers)
    )
