"""Find the resources that set something (a policy, an encryption) on another resource.

The AWS provider has separate resources for a bucket and for its policy, joined only by an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec

from tfcheck.inventory import catalogue as kinds
from tfcheck.inventory.catalogue import ObjectKind, catalogue
from tfcheck.inventory.change import index_names, is_kept
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.resolve.surroundings import Surroundings, is_in_same_region
from tfcheck.symbolic.beginnings import Matches
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import PlainText, TextLike, Truth
from tfcheck.vocabulary.arn import is_arn

#: What matches the names of a resource, in each index.
_Named: TypeAlias = tuple[tuple[tuple[Matches[WorldObject], ...], ...], ...]


class SettingKind(msgspec.Struct, frozen=True, eq=False):
    """A resource type that sets something on a resource of one kind, which one of its arguments names.

    `by` is the attribute that identifies the resource from outside the plan. Without `takes_arn`, AWS refuses a setting
    whose argument is an ARN, so that it is on nothing. `sets` are the arguments with what it sets.
    """

    type: str
    argument: str
    kind: ObjectKind
    by: str
    takes_arn: bool = True
    sets: tuple[str, ...] = ("policy",)


BUCKET_POLICY = SettingKind("aws_s3_bucket_policy", "bucket", kinds.BUCKET, "bucket", takes_arn=False)
BUCKET_ENCRYPTION = SettingKind(
    "aws_s3_bucket_server_side_encryption_configuration",
    "bucket",
    kinds.BUCKET,
    "bucket",
    takes_arn=False,
    sets=("rule",),
)
BUCKET_OWNERSHIP = SettingKind("aws_s3_bucket_ownership_controls", "bucket", kinds.BUCKET, "bucket", takes_arn=False)
BUCKET_PUBLIC_ACCESS = SettingKind(
    "aws_s3_bucket_public_access_block",
    "bucket",
    kinds.BUCKET,
    "bucket",
    takes_arn=False,
    sets=("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
)
KEY_POLICY = SettingKind("aws_kms_key_policy", "key_id", kinds.KEY, "key_id")
KEY_GRANT = SettingKind("aws_kms_grant", "key_id", kinds.KEY, "key_id")
SECRET_POLICY = SettingKind("aws_secretsmanager_secret_policy", "secret_arn", kinds.SECRET, "arn")
REPOSITORY_POLICY = SettingKind("aws_ecr_repository_policy", "repository", kinds.REPOSITORY, "name", takes_arn=False)
FILE_SYSTEM_POLICY = SettingKind("aws_efs_file_system_policy", "file_system_id", kinds.FILE_SYSTEM, "id")
S3_FILE_SYSTEM_POLICY = SettingKind("aws_s3files_file_system_policy", "file_system_id", kinds.S3_FILE_SYSTEM, "id")
ENDPOINT_POLICY = SettingKind("aws_vpc_endpoint_policy", "vpc_endpoint_id", kinds.ENDPOINT, "id")


class SettingOwner(msgspec.Struct, frozen=True):
    """What settings are on: the resource if the plan manages it, otherwise its names.

    `names` are all texts that denote it. `near` is where its names denote it; None if they do everywhere.
    """

    resource: WorldObject | None
    names: tuple[TextLike, ...]
    near: Surroundings | None = None


class AttachedSettings(msgspec.Struct, frozen=True, eq=False):
    """The settings that are definitely on a resource, and those that may be.

    INVARIANT: an index returns the same object for resources of which it knows as much, so that what is worked out from
    it can be kept by the object itself.
    """

    definite: tuple[WorldObject, ...] = ()
    possible: tuple[WorldObject, ...] = ()


_NOTHING = AttachedSettings()


def remaining(found: AttachedSettings, sets: tuple[str, ...], world: World) -> AttachedSettings:
    """Return the settings of which a resource has one: if several are definite, any of them may remain.

    Each of them overwrites, in an unknown order, what the others set in the arguments `sets`.
    """
    if len(found.definite) < 2:
        return found
    written = [each for each in found.definite if is_kept(each, sets, world) is not Truth.TRUE]
    first, *others = written or found.definite
    if all(equal(each.attribute(name), first.attribute(name)) is Truth.TRUE for each in others for name in sets):
        return AttachedSettings((first,), found.possible)
    return AttachedSettings((), (first, *others, *found.possible))


class SettingsIndex:
    """Resources or data sources of one kind of setting in one world, indexed by what they are on."""

    def __init__(self, world: World, setting: SettingKind, find: Callable[[str], Sequence[WorldObject]]) -> None:
        self._world = world
        self._argument = setting.argument
        self._by_resource: dict[str, list[WorldObject]] = {}
        unmanaged: list[tuple[WorldObject, PlainText]] = []
        managed: list[tuple[WorldObject, PlainText]] = []
        self._found: dict[SettingOwner, AttachedSettings] = {}
        self._by_matches: dict[tuple[_Named, Surroundings | None], AttachedSettings] = {}
        for each in find(setting.type):
            reference = each.attribute(setting.argument)
            if not setting.takes_arn and isinstance(reference, PlainText) and is_arn(reference):
                continue
            resource = catalogue(world, setting.kind).find(reference, each.surroundings)
            if resource is not None:
                self._by_resource.setdefault(str(resource.address), []).append(each)
                reference = resource.attribute(setting.by)
            if isinstance(reference, PlainText):
                (unmanaged if resource is None else managed).append((each, reference))
        self._has_any = bool(unmanaged or managed or self._by_resource)
        self._of_unmanaged, self._of_managed = index_names(unmanaged, world), index_names(managed, world)

    def on(self, subject: SettingOwner) -> AttachedSettings:
        """Return the settings on a resource."""
        if not self._has_any:
            return _NOTHING
        if subject not in self._found:
            own = self._by_resource.get(str(subject.resource.address), ()) if subject.resource else ()
            indexes = (self._of_unmanaged,) if subject.resource else (self._of_unmanaged, self._of_managed)
            named = tuple(tuple(index.matches(name) for name in subject.names) for index in indexes)
            others = self._of_names(named, subject.near)
            self._found[subject] = self._join(own, others) if own else others
        return self._found[subject]

    def _of_names(self, named: _Named, near: Surroundings | None) -> AttachedSettings:
        """Return the settings whose argument may be one of some names, those of unmanaged resources first."""
        if (named, near) not in self._by_matches:
            sorted_by: dict[Truth, list[WorldObject]] = {each: [] for each in Truth}
            for each, truth in (pair for by_name in named for pair in _in_order(by_name)):
                if near is not None:
                    truth = truth & is_in_same_region(each.surroundings, near)
                sorted_by[self._remains(each) if truth is Truth.TRUE else truth].append(each)
            found = AttachedSettings(tuple(sorted_by[Truth.TRUE]), tuple(sorted_by[Truth.UNKNOWN]))
            self._by_matches[named, near] = found
        return self._by_matches[named, near]

    def _join(self, own: Sequence[WorldObject], others: AttachedSettings) -> AttachedSettings:
        """Return the settings that name a resource itself, and then others."""
        definite = [each for each in own if self._remains(each) is Truth.TRUE]
        possible = [each for each in own if each not in definite]
        return AttachedSettings((*definite, *others.definite), (*possible, *others.possible))

    def _remains(self, setting: WorldObject) -> Truth:
        return setting.remains_on(setting.attribute(self._argument))


def _in_order(by_name: Iterable[Sequence[Matches[WorldObject]]]) -> Iterator[tuple[WorldObject, Truth]]:
    """Yield the settings that match some names, in order, and whether one definitely does."""
    truths: dict[int, tuple[WorldObject, Truth]] = {}
    for found in (each for matches in by_name for each in matches):
        for place, (holder, _) in zip(found.places, found.rows, strict=True):
            earlier = truths[place][1] if place in truths else Truth.FALSE
            truths[place] = holder, earlier | found.truth
    return (truths[place] for place in sorted(truths))


def settings(world: World, setting: SettingKind) -> SettingsIndex:
    """Return all resources of one kind of setting in a world."""
    return found_once(world, (settings, setting), lambda: SettingsIndex(world, setting, world.resources))


def looked_up_settings(world: World, setting: SettingKind, subject: SettingOwner) -> AttachedSettings:
    """Return the data sources that show a setting on a resource, unless the plan manages it, and so may change it."""
    index = found_once(world, (looked_up_settings, setting), lambda: SettingsIndex(world, setting, world.looked_up))
    found = index.on(subject)
    return _NOTHING if found.definite and was_set(world, setting, subject) else found


def was_set(world: World, setting: SettingKind, subject: SettingOwner) -> bool:
    """Whether the plan managed this setting before the change, so that the resource's own copy of it is stale."""
    return bool(settings(world.before(), setting).on(subject).definite)
