"""Rank the places for missing statements, best first.

A policy of the plan that grants all of it is attached, or the one of AWS that other roles have. Otherwise the module
that creates the role is passed it, where it has an input for that. Then comes a policy of the role that is for nobody
else, a new policy behind the role, and one where the module of the role is called, by an output that is the role's
name. A module from elsewhere is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter

from tfcheck.fix.policies.attachments import propose_attachments
from tfcheck.fix.policies.existing_policy import propose_existing, propose_in_elements
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.policies.policies_at_calls import PoliciesAtCalls, is_for_callers, is_named_by_callers
from tfcheck.fix.policies.written_policies import FILLED
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.values.gates import OF_THIS_PLAN


def rank(need: RoleNeed, places: FixPlaces, added: PoliciesAtCalls) -> Iterator[Proposal]:
    """Yield the ways to grant what a role lacks, those that affect no other role first."""
    if not need.roles:
        yield from propose_existing(need, places, wide=False)
        yield from propose_existing(need, places, wide=True)
        return
    block = places.world.resolver.block(need.roles[0].address)
    if block is not None:
        yield from propose_attachments(need, block, places)
    is_called = bool(need.roles[0].address.module.steps)
    policies = places.policies.of(need.roles[0])
    is_beside = any(each.resource.address.module.steps or each.argument.text.startswith("module.") for each in policies)
    yield from added.propose_at_callers(need, attaches=True) if is_called else ()
    if is_called or is_beside:
        from tfcheck.fix.callers.call_inputs import propose_call_inputs

        yield from propose_call_inputs(need, places) if is_called else ()
        yield from propose_call_inputs(need, places, beside=True) if is_beside else ()
    if is_called and not places.names_all(need):
        yield from _propose_by_callers(need, places, added)
    yield from propose_in_elements(need, places)
    alone = added.reach(need) <= need.names()
    # NOTE: a new policy, in which each role gets what it lacks itself, is better than all of it in an existing one, and
    # so is one beside the role, which can name everything, if the module of its policy would get literals.
    new = added.propose_after_role(need) if alone else ()
    yield from _plain_first(chain(propose_existing(need, places, wide=False), new), (OF_THIS_PLAN, FILLED))
    yield from added.propose_at_callers(need)
    new = added.propose_after_role(need) if not alone else ()
    yield from _plain_first(chain(propose_existing(need, places, wide=True), new), (OF_THIS_PLAN,))
    yield from added.propose_at_each_caller(need)


def _plain_first(proposals: Iterable[Proposal], remarks: Sequence[str]) -> Iterator[Proposal]:
    """Yield proposals without any of these remarks first, and last those with the first remark."""
    later: list[tuple[list[bool], Proposal]] = []
    for each in proposals:
        made = [remark in each.title.all_remarks() for remark in remarks]
        later += [(made, each)] if any(made) else []
        yield from [] if any(made) else [each]
    yield from (each for _, each in sorted(later, key=itemgetter(0)))


def _propose_by_callers(need: RoleNeed, places: FixPlaces, added: PoliciesAtCalls) -> Iterator[Proposal]:
    """Yield the ways by which the callers of a role's module name what it lacks."""
    from tfcheck.fix.callers.call_inputs import propose_new_inputs

    yield from propose_existing(need, places, wide=False, in_callers=True)
    if is_for_callers(need, places):
        yield from added.propose_at_callers(need)
    yield from propose_new_inputs(need, places)
    if is_named_by_callers(need, places):
        yield from added.propose_at_callers(need, new_output=True)
    if is_named_by_callers(need, places, literally=True):
        yield from added.propose_at_callers(need)
        yield from added.propose_at_callers(need, new_output=True)
