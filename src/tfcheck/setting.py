"""Which resource sets something (a policy, an encryption) on another thing, and which may?

The AWS provider splits things into several resources: a bucket and its policy are joined only by an argument.
"""

from __future__ import annotations

import msgspec

from tfcheck.catalogue import BUCKET, ENDPOINT, KEY, REPOSITORY, SECRET, Catalogue, Kind, beside, catalogue
from tfcheck.match import equal
from tfcheck.resolve.provider import Surroundings
from tfcheck.value import Text, TextLike, Truth, Unknown, Value
from tfcheck.world import Thing, World


class Setting(msgspec.Struct, frozen=True):
    """A resource type that sets something on a thing of one kind, named by one of its arguments."""

    type: str
    argument: str
    kind: Kind


BUCKET_POLICY = Setting("aws_s3_bucket_policy", "bucket", BUCKET)
BUCKET_ENCRYPTION = Setting("aws_s3_bucket_server_side_encryption_configuration", "bucket", BUCKET)
BUCKET_OWNERSHIP = Setting("aws_s3_bucket_ownership_controls", "bucket", BUCKET)
BUCKET_PUBLIC_ACCESS = Setting("aws_s3_bucket_public_access_block", "bucket", BUCKET)
KEY_POLICY = Setting("aws_kms_key_policy", "key_id", KEY)
KEY_GRANT = Setting("aws_kms_grant", "key_id", KEY)
SECRET_POLICY = Setting("aws_secretsmanager_secret_policy", "secret_arn", SECRET)
REPOSITORY_POLICY = Setting("aws_ecr_repository_policy", "repository", REPOSITORY)
ENDPOINT_POLICY = Setting("aws_vpc_endpoint_policy", "vpc_endpoint_id", ENDPOINT)


class Subject(msgspec.Struct, frozen=True):
    """What may have settings: the thing where the plan manages it, else what is known of it.

    `names` are all texts that stand for it. `near` is where its names mean it; None where they mean it everywhere.
    """

    thing: Thing | None
    names: tuple[TextLike, ...]
    near: Surroundings | None = None


class Joined(msgspec.Struct, frozen=True):
    """The settings that are surely on a thing, and those that may be."""

    sure: tuple[Thing, ...] = ()
    open: tuple[Thing, ...] = ()


class Settings:
    """All resources of one setting in one world, filed by what they are on."""

    def __init__(self, world: World, setting: Setting) -> None:
        """Take the world and the setting."""
        self._filed: dict[str, list[Thing]] = {}
        self._loose: list[tuple[Thing, Value]] = []
        self._others: list[tuple[Thing, Thing]] = []
        self._kind = setting.kind
        known = catalogue(world, setting.kind)
        for holder in world.things(setting.type):
            self._file(holder, holder.attribute(setting.argument), known)

    def _file(self, holder: Thing, reference: Value, known: Catalogue) -> None:
        thing = known.find(reference, holder.surroundings)
        if thing is None:
            self._loose.append((holder, reference))
        else:
            self._filed.setdefault(str(thing.address), []).append(holder)
            self._others.append((holder, thing))

    def on(self, subject: Subject) -> Joined:
        """Give the settings on a thing."""
        sure = list(self._filed.get(str(subject.thing.address), ())) if subject.thing else []
        open_: list[Thing] = []
        for holder, reference in self._loose:
            self._sort(holder, self._same(reference, holder, subject), sure, open_)
        for holder, thing in self._others if subject.thing is None else ():
            names = [thing.attribute(each) for each in self._kind.identity]
            truth = Truth.some(self._same(name, holder, subject) for name in names if name is not None)
            self._sort(holder, truth, sure, open_)
        return Joined(tuple(sure), tuple(open_))

    def _same(self, reference: Value, holder: Thing, subject: Subject) -> Truth:
        if not isinstance(reference, str | Text | Unknown):
            return Truth.FALSE
        truth = Truth.some(equal(reference, name) for name in subject.names)
        if truth is Truth.FALSE or subject.near is None:
            return truth
        return truth & beside(holder.surroundings, subject.near)

    def _sort(self, holder: Thing, truth: Truth, sure: list[Thing], open_: list[Thing]) -> None:
        if truth is Truth.TRUE:
            sure.append(holder)
        elif truth is Truth.UNKNOWN:
            open_.append(holder)


class _AllSettings:
    def __init__(self, world: World) -> None:
        self._world = world
        self._made: dict[Setting, Settings] = {}

    def of(self, setting: Setting) -> Settings:
        if setting not in self._made:
            self._made[setting] = Settings(self._world, setting)
        return self._made[setting]


def settings(world: World, setting: Setting) -> Settings:
    """Give all resources of one setting in a world."""
    return world.once(_AllSettings).of(setting)


def was_set(world: World, setting: Setting, subject: Subject) -> bool:
    """Tell whether the plan had this setting on a thing before the change: what the thing repeats of it is stale."""
    return bool(settings(world.once(_before), setting).on(subject).sure)


def _before(world: World) -> World:
    return world.before()
