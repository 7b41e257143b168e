"""A resource's part in a decision: its policy, its owner, and what is not visible."""

from __future__ import annotations

from typing import Literal

import msgspec

from tfcheck.iam import Policy
from tfcheck.inventory.world import WorldObject
from tfcheck.role.policies import PolicyOrReason
from tfcheck.symbolic.value import TextLike
from tfcheck.verdict.resource_policy.grant import KeyGrant


class ResourceSide(msgspec.Struct, frozen=True):
    """The policy of a needed resource, and its owner.

    `hidden` says which policy it has, or may have, that cannot be read; `possible_policies` are those that it may have
    and that can. `outside` describes a resource that the plan does not show, so that nothing is known of its policy; it
    never contains the ARN, which may be sensitive. With `outside_only_elsewhere` that matters only to callers of other
    accounts. `account` is the account that owns it; None takes it from the ARN. `in_plan` is set if the plan shows the
    resource. A resource of kind `kms` without a policy has the default key policy; one of kind `open` lets everybody
    in. `grants` are grants on a key. `notes` are assumptions, for people.
    """

    policy: Policy | None = None
    hidden: str | None = None
    account: TextLike | None = None
    in_plan: bool = False
    kind: Literal["plain", "kms", "open"] = "plain"
    outside: str | None = None
    outside_only_elsewhere: bool = False
    grants: tuple[KeyGrant, ...] = ()
    notes: tuple[str, ...] = ()
    possible_policies: tuple[Policy, ...] = ()


def side_of(found: PolicyOrReason, owner: WorldObject | None) -> ResourceSide:
    """Build the side of a resource from the policy found for it, and from its owner if the plan shows that."""
    return ResourceSide(
        found.policy,
        found.hidden or None,
        owner.surroundings.account if owner is not None else None,
        in_plan=owner is not None,
        notes=found.notes,
        possible_policies=found.possible_policies,
    )


def join_sides(found: ResourceSide, theirs: ResourceSide, resource: TextLike) -> ResourceSide:
    """Combine two stacks' views of one resource; the first takes precedence.

    Only one stack manages a resource: if both show it, the other one has an earlier state of it. An account that only
    the other stack could show is taken from the ARN, except where that stack is known to work in several accounts.
    """
    if found.in_plan and theirs.in_plan:
        return found
    grants = (*found.grants, *theirs.grants)
    if not found.in_plan and theirs.possible_policies:
        possible = (*found.possible_policies, *theirs.possible_policies)
        found = msgspec.structs.replace(found, possible_policies=possible)
    may_be_on_it = theirs.hidden is not None and isinstance(resource, str)
    shown = theirs.in_plan or theirs.policy is not None or may_be_on_it
    if found.policy is not None or found.hidden or not shown:
        return msgspec.structs.replace(found, grants=grants) if theirs.grants else found
    if found.in_plan:
        return msgspec.structs.replace(found, policy=theirs.policy, hidden=theirs.hidden, grants=grants)
    from tfcheck.inventory.state_location import SeveralAccounts

    account = theirs.account if isinstance(theirs.account, str | SeveralAccounts) else None
    return msgspec.structs.replace(theirs, account=account, grants=grants)
