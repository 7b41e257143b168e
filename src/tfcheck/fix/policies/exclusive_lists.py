"""Add new policies to the lists of exclusive resources, which remove from a role what they do not list."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.fix.edits.insertion import Change, ChangedAttribute, unit_of
from tfcheck.fix.layout.items import extend_value, plain_items
from tfcheck.fix.layout.new_block import instance_index
from tfcheck.fix.layout.new_policy import NewPolicy
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal
from tfcheck.inventory.world import World, WorldObject
from tfcheck.role.removed import possible_exclusive
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth

#: The resource for inline policies and the one for managed policies, its list, and the attribute that it lists.
_KINDS = {
    False: ("aws_iam_role_policies_exclusive", "policy_names", "name"),
    True: ("aws_iam_role_policy_attachments_exclusive", "policy_arns", "arn"),
}


def exclusive_lists(need: RoleNeed, world: World, *, managed: bool) -> Iterator[ChangedAttribute]:
    """Yield the lists of the inline, or managed, policies that the roles of a need keep."""
    kind, argument, _ = _KINDS[managed]
    found: dict[str, WorldObject] = {}
    for name in (role.attribute("name") for role in need.roles):
        for each in possible_exclusive(world, kind, name):
            if equal(each.attribute("role_name"), name) is Truth.TRUE:
                found[str(each.address)] = each
    for each in found.values():
        yield ChangedAttribute(each.address, argument)


def list_exclusively(found: Proposal, policy: NewPolicy, need: RoleNeed, places: FixPlaces) -> Proposal | None:
    """Also add a new policy to the exclusive list that would remove it; None if there is none, or it cannot be added.

    The list is repeated like the policy.
    """
    _, argument, attribute = _KINDS[policy.managed]
    resolver, owners = places.world.resolver, list(exclusive_lists(need, places.world, managed=policy.managed))
    blocks = {id(block): block for each in owners if (block := resolver.block(each.address)) is not None}
    block = next(iter(blocks.values())) if len(blocks) == 1 else None
    listed = block.arguments.get(argument) if block is not None else None
    is_alike = block is not None and (block.repetition is None) is (policy.repeated is None)
    if block is None or listed is None or not is_alike or len(owners) != len(need.roles):
        return None
    named = f"{policy.types[0]}.{policy.label}{instance_index(block.repetition)}.{attribute}"
    edits = extend_value(listed.source, listed.value_start, listed.value_end, plain_items([named]), unit_of(block))
    every = dict.fromkeys(each for owner in owners for each in places.policies.instances(owner.address))
    touched = tuple(ChangedAttribute(each, argument) for each in every)
    title = f"{found.title}, and list it in {owners[0].address.resource}"
    return extend_proposal(found, title, Change(insertions=edits, touched=touched)) if edits else None
