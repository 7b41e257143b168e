"""Rank the places for missing statements, best first.

A policy of the plan that grants all of it is attached, or the one of AWS that other roles have. Otherwise the module
that creates the role is passed it, where it has an input for that. Then comes a policy of the role that is for nobody
else, a new policy behind the role, and one where the module of the role is called, by an output that is the role's
name. A module from elsewhere is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tfcheck.fix.policies.attachments import propose_attachments
from tfcheck.fix.policies.existing_policy import propose_existing, propose_in_elements
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.policies.policies_at_calls import PoliciesAtCalls, is_for_callers, is_named_by_callers
from tfcheck.fix.policies.written_policies import FILLED
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.values.gates import OF_THIS_PLAN


def rank(need: RoleNeed, places: FixPlaces, added: PoliciesAtCalls) -> Iterator[Proposal]:
    """Return the ways to grant what a role lacks, those that affect no other role first."""
    if not need.roles:
        yield from propose_existing(need, places, wide=False)
        yield from propose_existing(need, places, wide=True)
        return
    block = places.world.resolver.block(need.roles[0].address)
    if block is not None:
        yield from propose_attachments(need, block, places)
    if need.roles[0].address.module.steps:
        yield from _propose_by_callers(need, places, added)
    yield from propose_in_elements(need, places)
    alone = block is not None and added.reach(need) <= need.names()
    # NOTE: a new policy, in which each role gets what it lacks itself, is better than all of it in an existing one.
    filled: list[Proposal] = []
    new = added.propose_after_role(need, block) if block is not None and alone else ()
    for each in chain(propose_existing(need, places, wide=False), new):
        filled += [each] if FILLED in each.title else []
        yield from [each] if FILLED not in each.title else []
    yield from filled
    yield from added.propose_at_callers(need)
    doubtful: list[Proposal] = []
    for each in propose_existing(need, places, wide=True):
        doubtful += [each] if OF_THIS_PLAN in each.title else []
        yield from [each] if OF_THIS_PLAN not in each.title else []
    if block is not None and not alone:
        yield from added.propose_after_role(need, block)
    yield from doubtful
    yield from added.propose_at_each_caller(need)


def _propose_by_callers(need: RoleNeed, places: FixPlaces, added: PoliciesAtCalls) -> Iterator[Proposal]:
    """Yield the ways by which the callers of a role's module name what it lacks."""
    from tfcheck.fix.callers.call_inputs import propose_call_inputs, propose_new_inputs

    yield from propose_call_inputs(need, places)
    if places.names_all(need):
        return
    yield from propose_existing(need, places, wide=False, in_callers=True)
    if is_for_callers(need, places):
        yield from added.propose_at_callers(need)
    yield from propose_new_inputs(need, places)
    if is_named_by_callers(need, places):
        yield from added.propose_at_callers(need, new_output=True)
    if is_named_by_callers(need, places, literally=True):
        yield from added.propose_at_callers(need)
        yield from added.propose_at_callers(need, new_output=True)
