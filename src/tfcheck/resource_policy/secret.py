"""Read the policy of a secret.

Follows https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html.
"""

from __future__ import annotations

import msgspec

from tfcheck.inventory.encryption import secret_of
from tfcheck.inventory.setting import SECRET_POLICY, SettingOwner
from tfcheck.inventory.world import World
from tfcheck.resource_policy.reading import policy_of, readable
from tfcheck.resource_policy.resource_side import ResourceSide, side_of
from tfcheck.resource_policy.unidentified import own_policies
from tfcheck.role.policies import Policies
from tfcheck.symbolic.value import PlainText, TextLike


def secret_guard(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a secret."""
    resource = secret_of(arn, world)
    own = resource.attribute("arn") if resource else None
    names = (arn, own) if isinstance(own, PlainText) else (arn,)
    subject = SettingOwner(resource, names)
    found = policy_of(world, policies, SECRET_POLICY, subject)
    if resource is None and not found.policy and not found.hidden:
        possible = (*found.possible_policies, *readable(own_policies(arn, world, policies, SECRET_POLICY)))
        return ResourceSide(outside="a secret outside the plan", possible_policies=possible)
    side = side_of(found, resource)
    is_managed = resource is not None and resource.address.mode == "managed"
    return side if is_managed else msgspec.structs.replace(side, account=None)
