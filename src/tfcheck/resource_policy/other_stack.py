"""Read the policy that another stack sets on a resource which this plan does not show, or shows without one."""

from __future__ import annotations

import msgspec

from tfcheck.resource_policy.guarded import ResourceSide
from tfcheck.symbolic.value import TextLike, Unknown


def joined(found: ResourceSide, theirs: ResourceSide, resource: TextLike) -> ResourceSide:
    """Join what two stacks show of one resource; what the first one shows comes first.

    Only one stack makes a resource: where both show it, the other one remembers what it was.

    An account that the other stack does not show is then taken from the ARN, as for a resource that no stack shows; it
    stays open where that stack is known to work in several.
    """
    if found.in_plan and theirs.in_plan:
        return found
    grants = (*found.grants, *theirs.grants)
    if not found.in_plan and theirs.possible_policies:
        possible = (*found.possible_policies, *theirs.possible_policies)
        found = msgspec.structs.replace(found, possible_policies=possible)
    if found.policy is not None or found.hidden or not _tells(theirs, resource):
        return msgspec.structs.replace(found, grants=grants) if theirs.grants else found
    if found.in_plan:
        return msgspec.structs.replace(found, policy=theirs.policy, hidden=theirs.hidden, grants=grants)
    from tfcheck.inventory.state_location import SEVERAL

    several = isinstance(theirs.account, Unknown) and theirs.account.reason == SEVERAL
    account = theirs.account if several or isinstance(theirs.account, str) else None
    return msgspec.structs.replace(theirs, account=account, grants=grants)


def _tells(theirs: ResourceSide, resource: TextLike) -> bool:
    """Whether the other stack shows the resource, a policy of it, or one that may be of it."""
    return theirs.in_plan or theirs.policy is not None or (theirs.hidden is not None and isinstance(resource, str))
