"""Read the policy of a resource from another resource, or from one of its own arguments."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tfcheck.iam import Policy
from tfcheck.inventory.catalogue import BUCKET, SECRET
from tfcheck.inventory.setting import (
    BUCKET_POLICY,
    SECRET_POLICY,
    AttachedSettings,
    SettingKind,
    SettingOwner,
    settings,
    was_set,
)
from tfcheck.inventory.world import World
from tfcheck.resource_policy.former_roles import policy_as_saved
from tfcheck.role.policies import Policies, PolicyOrReason, unread_policy
from tfcheck.symbolic.value import Unknown

#: The types of the AWS Cloud Control provider that set the same policy, which is not read.
_OF_CLOUD_CONTROL = {
    BUCKET_POLICY: SettingKind("awscc_s3_bucket_policy", "bucket", BUCKET, "bucket"),
    SECRET_POLICY: SettingKind("awscc_secretsmanager_resource_policy", "secret_id", SECRET, "arn"),
}


def set_policy(world: World, policies: Policies, setting: SettingKind, subject: SettingOwner) -> PolicyOrReason | None:
    """Read the policy that a separate resource sets on a resource; None if there is none."""
    joined = settings(world, setting).on(subject)
    for holder in joined.definite:
        found = policy_as_saved(policies.of_attribute(holder, "policy"), holder, world)
        return found if found.policy or found.hidden else PolicyOrReason(hidden=f"{holder.address} shows no policy")
    if not joined.possible:
        return None
    possible = [policy_as_saved(policies.of_attribute(each, "policy"), each, world) for each in joined.possible]
    unread = (each for each, found in zip(joined.possible, possible, strict=True) if not found.policy)
    hidden = next((f"{holder.address}, which may be on it," for holder in unread), "")
    return PolicyOrReason(hidden=hidden, possible_policies=readable(possible))


def policy_of(world: World, policies: Policies, setting: SettingKind, subject: SettingOwner) -> PolicyOrReason:
    """Read the policy set by a separate resource, otherwise the resource's own `policy` argument."""
    other = _OF_CLOUD_CONTROL.get(setting)
    unread = settings(world, other).on(subject) if other is not None else AttachedSettings()
    for holder in (*unread.definite, *unread.possible):
        return unread_policy(holder)
    found = set_policy(world, policies, setting, subject) or PolicyOrReason()
    if found.policy or found.hidden:
        return found
    own = own_policy(world, policies, setting, subject)
    return msgspec.structs.replace(own, possible_policies=(*found.possible_policies, *own.possible_policies))


def readable(found: Iterable[PolicyOrReason]) -> tuple[Policy, ...]:
    """Return the policies that could be read."""
    return tuple(each.policy for each in found if each.policy is not None)


def own_policy(world: World, policies: Policies, setting: SettingKind, subject: SettingOwner) -> PolicyOrReason:
    """Read the `policy` argument of a resource itself.

    NOTE: the argument is computed where nothing is written. It then repeats what another resource sets, also one that
    this plan deletes; on a new resource it is unknown and means that there is none.
    """
    resource = subject.resource
    if resource is None:
        return PolicyOrReason()
    if not resource.is_configured("policy"):
        if was_set(world, setting, subject):
            return PolicyOrReason()
        if isinstance(resource.attribute("policy"), Unknown):
            if resource.is_configured("policy") is False:
                return PolicyOrReason()
            return PolicyOrReason(hidden=f"the policy of {resource.address}, which this plan does not show,")
    return policy_as_saved(policies.of_attribute(resource, "policy"), resource, world)
