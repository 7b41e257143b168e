"""Find the resources that set something (a policy, an encryption) on another resource.

The AWS provider has separate resources for a bucket and for its policy, joined only by an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.inventory.catalogue import (
    BUCKET,
    ENDPOINT,
    FILE_SYSTEM,
    KEY,
    REPOSITORY,
    S3_FILE_SYSTEM,
    SECRET,
    ObjectKind,
    catalogue,
    is_in_same_region,
)
from tfcheck.inventory.change import is_same_name
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.beginnings import Beginnings
from tfcheck.symbolic.value import PlainText, TextLike, Truth
from tfcheck.vocabulary.arn import is_arn


class SettingKind(msgspec.Struct, frozen=True, eq=False):
    """A resource type that sets something on a resource of one kind, which one of its arguments names.

    `by` is the attribute that identifies the resource from outside the plan. Without `takes_arn`, AWS refuses a setting
    whose argument is an ARN, so that it is on nothing.
    """

    type: str
    argument: str
    kind: ObjectKind
    by: str
    takes_arn: bool = True

    def settings(self, world: World) -> SettingsIndex:
        """List all resources of this kind of setting in a world."""
        return SettingsIndex(world, self, world.resources(self.type))

    def looked_up(self, world: World) -> SettingsIndex:
        """List all data sources that show this kind of setting in a world."""
        return SettingsIndex(world, self, world.looked_up(self.type))


BUCKET_POLICY = SettingKind("aws_s3_bucket_policy", "bucket", BUCKET, "bucket", takes_arn=False)
BUCKET_ENCRYPTION = SettingKind(
    "aws_s3_bucket_server_side_encryption_configuration", "bucket", BUCKET, "bucket", takes_arn=False
)
BUCKET_OWNERSHIP = SettingKind("aws_s3_bucket_ownership_controls", "bucket", BUCKET, "bucket", takes_arn=False)
BUCKET_PUBLIC_ACCESS = SettingKind("aws_s3_bucket_public_access_block", "bucket", BUCKET, "bucket", takes_arn=False)
KEY_POLICY = SettingKind("aws_kms_key_policy", "key_id", KEY, "key_id")
KEY_GRANT = SettingKind("aws_kms_grant", "key_id", KEY, "key_id")
SECRET_POLICY = SettingKind("aws_secretsmanager_secret_policy", "secret_arn", SECRET, "arn")
REPOSITORY_POLICY = SettingKind("aws_ecr_repository_policy", "repository", REPOSITORY, "name", takes_arn=False)
FILE_SYSTEM_POLICY = SettingKind("aws_efs_file_system_policy", "file_system_id", FILE_SYSTEM, "id")
S3_FILE_SYSTEM_POLICY = SettingKind("aws_s3files_file_system_policy", "file_system_id", S3_FILE_SYSTEM, "id")
ENDPOINT_POLICY = SettingKind("aws_vpc_endpoint_policy", "vpc_endpoint_id", ENDPOINT, "id")


class SettingOwner(msgspec.Struct, frozen=True):
    """What settings are on: the resource if the plan manages it, otherwise its names.

    `names` are all texts that denote it. `near` is where its names denote it; None if they do everywhere.
    """

    resource: WorldObject | None
    names: tuple[TextLike, ...]
    near: Surroundings | None = None


class AttachedSettings(msgspec.Struct, frozen=True):
    """The settings that are definitely on a resource, and those that may be."""

    definite: tuple[WorldObject, ...] = ()
    possible: tuple[WorldObject, ...] = ()


class SettingsIndex:
    """Resources or data sources of one kind of setting in one world, indexed by what they are on."""

    def __init__(self, world: World, setting: SettingKind, holders: Sequence[WorldObject]) -> None:
        self._world = world
        self._argument = setting.argument
        self._by_resource: dict[str, list[WorldObject]] = {}
        unmanaged: list[tuple[WorldObject, PlainText]] = []
        managed: list[tuple[WorldObject, PlainText]] = []
        self._found: dict[tuple[object, tuple[TextLike, ...], Surroundings | None], AttachedSettings] = {}
        for each in holders:
            reference = each.attribute(setting.argument)
            if not setting.takes_arn and isinstance(reference, PlainText) and is_arn(reference):
                continue
            resource = catalogue(world, setting.kind).find(reference, each.surroundings)
            if resource is not None:
                self._by_resource.setdefault(str(resource.address), []).append(each)
                reference = resource.attribute(setting.by)
            if isinstance(reference, PlainText):
                (unmanaged if resource is None else managed).append((each, reference))
        self._of_unmanaged, self._of_managed = Beginnings(unmanaged), Beginnings(managed)

    def on(self, subject: SettingOwner) -> AttachedSettings:
        """Return the settings on a resource."""
        key = subject.resource, subject.names, subject.near
        if key not in self._found:
            own = self._by_resource.get(str(subject.resource.address), ()) if subject.resource else ()
            remaining = ((each, each.remains_on(each.attribute(self._argument))) for each in own)
            definite = [each for each, truth in remaining if truth is Truth.TRUE]
            possible = [each for each in own if each not in definite]
            others = self._all_on(self._of_managed, subject.names) if subject.resource is None else ()
            for each, truth in (*self._all_on(self._of_unmanaged, subject.names), *others):
                if truth is not Truth.FALSE and subject.near is not None:
                    truth = truth & is_in_same_region(each.surroundings, subject.near)
                if truth is Truth.TRUE:
                    truth = each.remains_on(each.attribute(self._argument))
                if truth is Truth.TRUE:
                    definite.append(each)
                elif truth is Truth.UNKNOWN:
                    possible.append(each)
            self._found[key] = AttachedSettings(tuple(definite), tuple(possible))
        return self._found[key]

    def _all_on(self, index: Beginnings[WorldObject], names: Iterable[TextLike]) -> Iterator[tuple[WorldObject, Truth]]:
        """Yield the settings whose argument may be one of some names, in order, and whether it definitely is."""
        truths: dict[int, Truth] = {}
        for name in names:
            for place, as_texts in index.possible(name).items():
                reference = index.rows[place][1]
                if isinstance(reference, TextLike):
                    same = is_same_name(reference, name, self._world, as_texts)
                    truths[place] = truths.get(place, Truth.FALSE) | same
        return ((index.rows[place][0], truths[place]) for place in sorted(truths))


def settings(world: World, setting: SettingKind) -> SettingsIndex:
    """Return all resources of one kind of setting in a world."""
    return world.once(setting.settings)


def looked_up_settings(world: World, setting: SettingKind, subject: SettingOwner) -> Sequence[WorldObject]:
    """Return the data sources that show a setting on a resource, unless the plan had it, which may change it."""
    found = world.once(setting.looked_up).on(subject).definite
    return () if found and was_set(world, setting, subject) else found


def was_set(world: World, setting: SettingKind, subject: SettingOwner) -> bool:
    """Whether the plan had this setting on a resource before the change, so that the resource's copy of it is stale."""
    return bool(settings(world.before(), setting).on(subject).definite)
