"""Join what roles made from one block lack where it is the same in their own terms, so that one change fixes all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tfcheck.fix.proposal import RoleNeed

#: Whether what several roles lack can be written as one.
IsShared: TypeAlias = Callable[[RoleNeed], bool]


def joined(needs: Sequence[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    """Yield the needs of roles made from one block, those that are the same as one."""
    by_kind: dict[object, list[RoleNeed]] = {}
    for each in needs:  # only what lacks the same actions can be the same
        kind = tuple((one.requirement.rule, one.requirement.action) for one in each.answers)
        by_kind.setdefault(kind, []).append(each)
    for several in by_kind.values():
        yield from _of_kind(several, is_shared)


def _of_kind(needs: list[RoleNeed], is_shared: IsShared) -> Iterator[RoleNeed]:
    """Join needs of the same actions: all at once where that goes, as it mostly does."""
    while needs:
        together = needs
        if not is_shared(_sum(needs)):
            first = needs[0]
            together = [each for each in needs if each is first or is_shared(_sum([first, each]))]
        if together is not needs and not is_shared(_sum(together)):
            together = _one_by_one(together, is_shared)
        chosen = set(map(id, together))
        needs = [each for each in needs if id(each) not in chosen]
        yield _sum(together)


def _one_by_one(needs: list[RoleNeed], is_shared: IsShared) -> list[RoleNeed]:
    """Return the first need with those that are the same as all before them."""
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
