"""Find policies that are written through the AWS Cloud Control provider (`awscc`), whose text tfcheck does not read.

They are on the same roles, buckets and secrets as those of the AWS provider, under other types and arguments. A role
with such a policy may be allowed more than the plan otherwise shows, and a bucket may deny more. Follows
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html, whose properties the provider has.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.catalogue import BUCKET, SECRET
from tfcheck.inventory.setting import BUCKET_POLICY, SECRET_POLICY, SettingKind, SettingOwner, settings
from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Unknown, Value, items

_PROVIDER = "it belongs to the provider `awscc`"
_ON_ROLES = {"awscc_iam_role_policy": "role_name", "awscc_iam_managed_policy": "roles"}
_OTHER_SETTINGS = {
    BUCKET_POLICY: SettingKind("awscc_s3_bucket_policy", "bucket", BUCKET, "bucket"),
    SECRET_POLICY: SettingKind("awscc_secretsmanager_resource_policy", "secret_id", SECRET, "arn"),
}


def unread_policies_of_role(role: WorldObject, world: World) -> Iterator[str]:
    """Yield a description of each policy that may be on a role and is not read."""
    for kind, argument in _ON_ROLES.items():
        for each in world.resources(kind):
            value = each.attribute(argument)
            listed = items(value)
            names = (value,) if isinstance(listed, Unknown) else listed
            if any(_may_be_name_of(role, name, world) for name in names):
                yield f"{each.address}, which cannot be read: {_PROVIDER}"


def _may_be_name_of(role: WorldObject, name: Value, world: World) -> bool:
    if isinstance(name, Unknown) and name.symbol is not None:
        referred = next(
            (each for each in world.resources("aws_iam_role") if str(each.address) == name.symbol.owner), None
        )
        if referred is not None:
            return referred.address == role.address
    return equal(name, role.attribute("name")) is not Truth.FALSE


def unread_policy_on(world: World, setting: SettingKind, subject: SettingOwner) -> str:
    """Describe a policy that may be on a resource and is not read; empty if there is none."""
    other = _OTHER_SETTINGS.get(setting)
    found = settings(world, other).on(subject) if other is not None else None
    holders = (*found.sure, *found.open) if found is not None else ()
    return f"{holders[0].address}, which cannot be read: {_PROVIDER}" if holders else ""
