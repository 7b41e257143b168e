"""Read the policies of keys, secrets, image repositories and file systems.

- Keys: one without a policy of its own has the default policy, which lets the account's IAM policies decide
  (https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html).
- Secrets: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html.
- Repositories: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html and
  https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html.
- File systems: in one account either the role's policies or the file system's must allow the call. A file system
  of EFS without a policy lets every client in
  (https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html), one of S3 Files lets nobody in
  (https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-files-security-iam.html).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.iam import PolicyKind
from tfcheck.inventory.catalogue import KEY, REPOSITORY, S3_FILE_SYSTEM, catalogue
from tfcheck.inventory.keys_in_use import secret_of
from tfcheck.inventory.named_objects import file_system_of
from tfcheck.inventory.setting import (
    FILE_SYSTEM_POLICY,
    KEY_GRANT,
    KEY_POLICY,
    REPOSITORY_POLICY,
    S3_FILE_SYSTEM_POLICY,
    SECRET_POLICY,
    AttachedSettings,
    SettingKind,
    SettingOwner,
    settings,
)
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.resolve.surroundings import Surroundings, is_in_same_region
from tfcheck.role.policies import Policies, PolicyOrReason
from tfcheck.symbolic.texts import without_prefix
from tfcheck.symbolic.value import PlainText, TextLike, Truth
from tfcheck.verdict.resource_policy import reading
from tfcheck.verdict.resource_policy.resource_side import DECIDING, GRANTEE, KeyGrant, KeyGrants, ResourceSide, side_of
from tfcheck.vocabulary.arn import Arn, parse_arn

#: The image of AWS for FireLens, and the accounts of AWS that publish it in their regions, with what it lets every
#: account do: https://github.com/aws/aws-for-fluent-bit/blob/mainline/scripts/publish.sh and
#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-using-fluentbit.html.
_FLUENT_BIT = "aws-for-fluent-bit"
_PUBLISHERS = (
    "906394416424",
    "128054284489",
    "161423150738",
    "449074385750",
    "741863432321",
    "928143927712",
    "960320637246",
)
_PUBLIC_PULL = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": [
    "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}]}"""


def key_side(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a key, and the grants on it."""
    resource = catalogue(world, KEY).find_by_arn(arn)
    known = [resource.attribute(each) for each in ("arn", "key_id", "id")] if resource else []
    names: list[TextLike] = [*(each for each in known if isinstance(each, PlainText)), arn]
    parts = parse_arn(arn)
    names += [without_prefix(parts.resource, "key/")] if parts else []
    subject = SettingOwner(resource, tuple(names))
    found = reading.policy_of(world, policies, KEY_POLICY, subject)
    seen = resource is not None or found.policy is not None or found.hidden != ""
    possible = () if seen else reading.readable(reading.own_policies(arn, world, policies, KEY_POLICY))
    return msgspec.structs.replace(
        side_of(found, resource),
        kind="kms",
        outside=None if seen else "a key outside the plan",
        grants=_grants(subject, world),
        possible_policies=(*found.possible_policies, *possible),
    )


def _grants(subject: SettingOwner, world: World) -> KeyGrants:
    joined = settings(world, KEY_GRANT).on(subject)
    return found_once(world, (_grants, joined), lambda: KeyGrants(tuple(_read_grants(joined, world))))


def _read_grants(joined: AttachedSettings, world: World) -> Iterator[KeyGrant]:
    """Yield the grants that are, or may be, on a key; of very many the last one is not read, and may allow anything."""
    holders = reading.distinct(joined.possible, DECIDING, world)
    found = [
        *map(KeyGrant, joined.definite),
        *(KeyGrant(each, is_definite=False) for each in holders[: reading.MOST_POSSIBLE]),
    ]
    found += [KeyGrant(each, is_definite=False, is_read=False) for each in holders[reading.MOST_POSSIBLE :][:1]]
    for each in found:
        if not reading.names_deleted_role(each.resource.attribute(GRANTEE), each.resource, GRANTEE, world):
            yield each


def secret_side(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a secret."""
    resource = secret_of(arn, world)
    own = resource.attribute("arn") if resource else None
    names = (arn, own) if isinstance(own, PlainText) else (arn,)
    subject = SettingOwner(resource, names)
    found = reading.policy_of(world, policies, SECRET_POLICY, subject)
    if resource is None and not found.policy and not found.hidden:
        possible = (
            *found.possible_policies,
            *reading.readable(reading.own_policies(arn, world, policies, SECRET_POLICY)),
        )
        return ResourceSide(outside="a secret outside the plan", possible_policies=possible)
    side = side_of(found, resource)
    is_managed = resource is not None and resource.address.mode == "managed"
    return side if is_managed else msgspec.structs.replace(side, account=None)


def _published_policy(repository: Arn, policies: Policies) -> PolicyOrReason | None:
    """Return the policy of a repository that AWS publishes for every account; None for others."""
    if repository.resource != f"repository/{_FLUENT_BIT}" or repository.account not in _PUBLISHERS:
        return None
    found = policies.read(_PUBLIC_PULL, f"AWS's repository {_FLUENT_BIT}", PolicyKind.RESOURCE)
    note = f"assumes that AWS lets every account pull `{_FLUENT_BIT}` from its account {repository.account}"
    return msgspec.structs.replace(found, notes=(note,))


def repository_side(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policies of a repository and of its registry."""
    resource = catalogue(world, REPOSITORY).find_by_arn(arn)
    parts = parse_arn(arn)
    if parts is None:
        return reading.unidentified_side(world, policies, "ecr")
    near = resource.surroundings if resource else Surroundings(parts.partition, parts.region, parts.account)
    subject = SettingOwner(resource, (arn, without_prefix(parts.resource, "repository/")), near)
    own = reading.set_policy(world, policies, REPOSITORY_POLICY, subject) or _published_policy(parts, policies)
    registry = found_once(world, (_registry, near), lambda: _registry(near, world, policies))
    found = [each for each in (own, registry) if each]
    read = reading.readable(found)
    statements = tuple(statement for policy in read for statement in policy.statements)
    is_open = any(each.open for each in read)
    seen = resource is not None or (own and (own.policy or own.hidden))
    return ResourceSide(
        msgspec.structs.replace(read[0], statements=statements, open=is_open) if read else None,
        next((each.hidden for each in found if each.hidden), None),
        account=resource.surroundings.account if resource else None,
        in_plan=resource is not None,
        outside=None if seen else "a repository outside the plan",
        notes=tuple(note for each in found for note in each.notes),
        possible_policies=tuple(policy for each in found for policy in each.possible_policies),
    )


def _registry(near: Surroundings, world: World, policies: Policies) -> PolicyOrReason | None:
    """Read the policy of a region's registry, which has one; None if there is none."""
    found: dict[Truth, list[WorldObject]] = {each: [] for each in Truth}
    for each in world.resources("aws_ecr_registry_policy"):
        found[is_in_same_region(each.surroundings, near) & each.remains_on(None)].append(each)
    joined = AttachedSettings(tuple(found[Truth.TRUE]), tuple(found[Truth.UNKNOWN]))
    return reading.policy_of_settings(joined, world, policies)


def s3_file_system_side(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a file system of S3 Files."""
    return _file_system_side(file_system_of(arn, world, S3_FILE_SYSTEM), world, policies, S3_FILE_SYSTEM_POLICY)


def file_system_side(arn: TextLike, world: World, policies: Policies) -> ResourceSide:
    """Find the policy of a file system of EFS."""
    side = _file_system_side(file_system_of(arn, world), world, policies, FILE_SYSTEM_POLICY)
    possible = next((reading.possible_doubt(each.name) for each in side.possible_policies), None)
    return msgspec.structs.replace(side, hidden=side.hidden or possible, kind="open", possible_policies=())


def _file_system_side(subject: SettingOwner, world: World, policies: Policies, setting: SettingKind) -> ResourceSide:
    found = reading.set_policy(world, policies, setting, subject)
    seen = subject.resource is not None or found is not None
    outside = None if seen else "a file system outside the plan"
    return msgspec.structs.replace(side_of(found or PolicyOrReason(), subject.resource), outside=outside)
