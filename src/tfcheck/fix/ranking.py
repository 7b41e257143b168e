"""Rank the places where missing statements belong, best first.

A policy of the plan that grants all of it is attached. Otherwise a policy of the role that is for nobody else comes
first; then a new policy behind the role; then one where the module of the role is called, by an output that is the
role's name. A module from elsewhere is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.fix.added_policy import AddedPolicies
from tfcheck.fix.attachment import attached
from tfcheck.fix.place import Places
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.inventory.world import After


def ranked(need: RoleNeed, places: Places, added: AddedPolicies, world: After) -> Iterator[Proposal]:
    """Return the ways to grant what a role lacks: first those that are for nobody else."""
    if not need.roles:
        yield from places.existing(need, wide=False)
        yield from places.existing(need, wide=True)
        return
    block = world.resolver.block(need.roles[0].address)
    if block is not None:
        yield from attached(need, block, places, world)
    if added.is_for_callers(need):
        yield from added.at_callers(need)
    yield from places.existing(need, wide=False)
    alone = block is not None and added.reach(need) <= need.names()
    if block is not None and alone:
        yield from added.behind_role(need, block)
    yield from added.at_callers(need)
    yield from places.existing(need, wide=True)
    if block is not None and not alone:
        yield from added.behind_role(need, block)
