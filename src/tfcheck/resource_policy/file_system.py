"""Read the policy of a file system.

Follows https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html: in one account it is enough that the
role's policies or the file system's allow. A file system without a policy asks nobody and lets every client in.
"""

from __future__ import annotations

import msgspec

from tfcheck.inventory.file_system import file_system_of
from tfcheck.inventory.setting import FILE_SYSTEM_POLICY
from tfcheck.inventory.world import World
from tfcheck.resource_policy.reading import set_policy
from tfcheck.resource_policy.resource_side import ResourceSide, side_of
from tfcheck.role.policies import Policies, PolicyOrReason
from tfcheck.symbolic.value import TextLike


def file_system_guard(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a file system."""
    subject = file_system_of(arn, world)
    found = set_policy(world, policies, FILE_SYSTEM_POLICY, subject)
    seen = subject.resource is not None or found is not None
    found = found or PolicyOrReason()
    possible = next((f"{each.name}, which may be on it," for each in found.possible_policies), None)
    outside = None if seen else "a file system outside the plan"
    side = side_of(found, subject.resource)
    return msgspec.structs.replace(
        side, hidden=found.hidden or possible, kind="open", outside=outside, possible_policies=()
    )
