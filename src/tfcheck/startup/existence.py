"""Decide whether what a task needs exists when the task starts, for all rules.

- TRUE: this plan or another stack manages it, a data source found it, or a task of this plan used it before the change.
- FALSE: only this change could create it, and does not.
- UNKNOWN: everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator

import msgspec

from tfcheck.inventory import catalogue as kinds
from tfcheck.inventory.catalogue import AttributeIndex, ObjectKind
from tfcheck.inventory.change import index_names, is_created, is_to_be
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.resolve.other_forms import cleaned_key
from tfcheck.resolve.surroundings import Surroundings, is_in_same_region
from tfcheck.startup import registry
from tfcheck.startup.awslogs_options import AwsLogs, awslogs
from tfcheck.symbolic.beginnings import Beginnings, Matches, Members
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.symbol import Owner
from tfcheck.symbolic.texts import split_literals
from tfcheck.symbolic.value import PlainText, Text, TextLike, Truth, Unknown, Value, identity
from tfcheck.vocabulary.address import Address

_VERSION = ObjectKind(("aws_secretsmanager_secret_version",), names=())
#: Types that can do anything on creation: fill a secret, or upload a file.
_SCRIPTS = ("null_resource", "terraform_data", "aws_lambda_invocation", "shell_script", "docker_registry_image")


class NamedObject(msgspec.Struct, frozen=True):
    """An object by its name in a region of an account."""

    name: Value
    region: Value
    account: Value


def named_at(name: Value, around: Surroundings, region: Value = None) -> NamedObject:
    """Return the object that a name denotes for a task at `around`, or in another region."""
    return NamedObject(name, around.region if region in (None, "") else region, around.account)


# Named objects: log groups, parameters, repositories


def repository(arn: TextLike, world: World) -> Truth:
    """Whether a repository of Amazon ECR exists."""
    known = world.once(_repository_arns).include(arn)
    return known | Truth.UNKNOWN | Truth.of(identity(arn) in world.before().once(_used_repositories))


def namesake(kind: ObjectKind, named: NamedObject, world: World) -> Truth:
    """Whether there is an object with a name: managed, looked up or in another stack."""
    index = found_once(world, (namesake, kind), lambda: _index_by_name(kind, world))
    return Truth.some(_are_reachable(each, named, world) & each.truth for each in index.matches(named.name))


def _index_by_name(kind: ObjectKind, world: World) -> Beginnings[WorldObject]:
    return index_names(((each, each.attribute("name")) for each in _managed_or_looked_up(kind, world)), world)


def _are_reachable(alike: Matches[WorldObject], named: NamedObject, world: World) -> Truth:
    """Whether any of the objects with a name is in the region of the account where it is sought."""

    def find() -> Truth:
        return Truth.some(is_in_same_region(each.surroundings, named) for each, _ in alike.rows)

    if not isinstance(named.region, PlainText):
        return find()
    # NOTE: thousands of objects whose names begin alike may be what each of thousands of names denotes.
    return found_once(world, (_are_reachable, alike, named.region, named.account), find)


def log_group(named: NamedObject, world: World) -> Truth:
    """Whether a log group exists."""
    found = namesake(kinds.LOG_GROUP, named, world)
    if found is not Truth.FALSE:
        return found
    index = world.before().once(_groups_by_name)
    former = (each for each in index.possible(named.name) if has_name(each, named) is Truth.TRUE)
    if any(each.attribute("skip_destroy") is not True for each in former):
        return Truth.FALSE  # the change deletes or renames it
    if _identity_key(named) in world.before().once(_used_groups):
        return Truth.TRUE
    name = named.name
    is_named_later = isinstance(name, (Text, Unknown)) and is_to_be(name, world)
    return Truth.FALSE if is_named_later else Truth.UNKNOWN


def _groups_by_name(world: World) -> AttributeIndex:
    return AttributeIndex(world.resources(*kinds.LOG_GROUP.types), "name")


def left_out_group(named: NamedObject, world: World) -> Address | None:
    """Return the address of a log group that the plan may leave out and that a name may denote; None if there is none.

    NOTE: `log_group` is as open where nothing is known of a group.
    """
    groups = _managed_or_looked_up(kinds.LOG_GROUP, world) if world.certain is not world else ()
    possible = (each.address for each in groups if each.is_left_out and has_name(each, named) is not Truth.FALSE)
    return next(possible, None)


def is_made_by_tasks(named: NamedObject, world: World) -> bool:
    """Whether a log group is known only from earlier tasks that create it themselves."""
    key, before = _identity_key(named), world.before()
    if key not in before.once(_used_groups) or key in before.once(_expected_groups):
        return False
    return namesake(kinds.LOG_GROUP, named, world) is Truth.FALSE


def has_name(resource: WorldObject, named: NamedObject) -> Truth:
    """Whether a name denotes an object."""
    return equal(resource.attribute("name"), named.name) & is_in_same_region(resource.surroundings, named)


def _identity_key(named: NamedObject) -> Hashable:
    parts = (identity(named.name), identity(named.region), identity(named.account))
    return None if None in parts else parts


def _used_groups(world: World) -> frozenset[Hashable]:
    """Index the log groups that the tasks of a world write to."""
    return _groups(world, lambda log: True)


def _expected_groups(world: World) -> frozenset[Hashable]:
    """Index the log groups that the tasks of a world write to but do not create."""
    return _groups(world, lambda log: log.makes_no_group)


def _groups(world: World, counts: Callable[[AwsLogs], bool]) -> frozenset[Hashable]:
    found = ((task, log) for task in task_definitions(world) for log in awslogs(task, world) if counts(log))
    named = (named_at(log.group, task.resource.surroundings, log.region) for task, log in found)
    return frozenset(key for each in named if (key := _identity_key(each)) is not None)


def _repository_arns(world: World) -> Members:
    return Members(each.attribute("arn") for each in _managed_or_looked_up(kinds.REPOSITORY, world))


def _used_repositories(world: World) -> frozenset[Hashable]:
    """Index the repositories of the images in a world's tasks."""
    images = ((task, each.member("image")) for task in task_definitions(world) for each in task.containers)
    found = (registry.repository(image, task.resource, world) for task, image in images if isinstance(image, str))
    return frozenset(key for each in found if each is not None and (key := identity(each.arn)) is not None)


def _managed_or_looked_up(kind: ObjectKind, world: World) -> list[WorldObject]:
    """Return the objects of a kind in the plan and in other stacks."""
    types, worlds = kind.types, (world, *world.context)
    return [each for one in worlds for each in (*one.resources(*types), *one.looked_up(*types))]


def is_read(name: Value, world: World) -> bool:
    """Whether a data source has, or may have, read a text, so that others may have created an object of that name."""
    may_miss_one = world.certain is not world  # which the plan leaves out
    return isinstance(name, str) and (may_miss_one or name in world.texts_read())


# Files in buckets


def file(arn: TextLike, services: Iterable[WorldObject], world: World) -> Truth:
    """Whether an object in S3 exists when services start."""
    bucket = bucket_of(arn, world)
    resource = bucket.resource if bucket is not None else None
    _, *key = split_literals(arn, "/", 1)
    if resource is None or not key or not is_created(resource, world):
        return Truth.UNKNOWN
    names = [resource.attribute(name) for name in ("id", "bucket", "arn")]
    there = Truth.some(
        equal(cleaned_key(each.attribute("key")), key[0])
        & Truth.some(equal(each.attribute("bucket"), name) for name in names)
        # By their future key, since the ARN of a new one may be unknown.
        for each in index_created(kinds.OBJECT, world, "key", cleaned_key).possible(key[0])
    )
    return there if there is not Truth.FALSE or not _may_be_filled(resource, services, world) else Truth.UNKNOWN


def index_created(
    kind: ObjectKind, world: World, attribute: str = "name", read: Callable[[Value], Value] | None = None
) -> AttributeIndex:
    """Index the objects of a kind that the plan creates or that are in other stacks by an attribute, as `read`."""

    def index() -> AttributeIndex:
        created = (each for one in (world, *world.context) for each in one.resources(*kind.types))
        return AttributeIndex(created, attribute, read)

    return found_once(world, (index_created, kind, attribute, read), index)


# Values of secrets


def secret_value(secret: WorldObject, services: Iterable[WorldObject], world: World) -> Truth:
    """Whether a secret has a value when services start."""
    if secret.address in world.once(_filled_secrets):
        return Truth.TRUE
    names = (secret.attribute(each) for each in kinds.SECRET.identity)
    versions = index_created(_VERSION, world, "secret_id")
    if any(True for name in names for _ in versions.possible(name)) or not is_created(secret, world):
        return Truth.UNKNOWN
    return Truth.UNKNOWN if _may_be_filled(secret, services, world) else Truth.FALSE


def _filled_secrets(world: World) -> frozenset[Owner]:
    """Index the secrets that a version refers to, so that few must be compared with every version."""
    holders = (each.attribute("secret_id") for each in world.resources(*_VERSION.types))
    return frozenset(each.symbol.owner for each in holders if isinstance(each, Unknown) and each.symbol is not None)


# Scripts


def _may_be_filled(resource: WorldObject, services: Iterable[WorldObject], world: World) -> bool:
    """Whether a script may fill an object that the plan creates: one that services or the object's users wait for."""
    scripts = world.once(_scripts)
    for service in services:
        earlier = world.earlier(service.address)
        if earlier.provisioned or earlier.may_include_any(scripts):
            return True
    before = world.once(_before_scripts)
    return before is None or resource.address.config in before


def _scripts(world: World) -> frozenset[str]:
    return frozenset(each.address.config for each in world.resources(*_SCRIPTS))


def _before_scripts(world: World) -> frozenset[str] | None:
    """Return the resources that may be finished before a script; None if any may."""
    every = [world.earlier(each.address).all_possible for each in world.resources(*_SCRIPTS)]
    known = [each for each in every if each is not None]
    return frozenset[str]().union(*known) if len(known) == len(every) else None


# What the change deletes


#: Types that tasks are started with, and the attributes that identify their objects.
_KINDS: tuple[tuple[ObjectKind, tuple[str, ...]], ...] = (
    (kinds.LOG_GROUP, ("name",)),
    (kinds.SECRET, ("name",)),
    (kinds.PARAMETER, ("name",)),
    (kinds.OBJECT, ("bucket", "key")),
    (kinds.BUCKET, ("bucket",)),
)


def deleted_addresses(world: World) -> frozenset[str]:
    """Return the addresses of definitely deleted objects that nothing of the same name replaces."""
    return frozenset(
        str(each.address)
        for kind, names in _KINDS
        for each in _gone_resources(kind, names, world)
        if _is_not_replaced(each, kind, names, world)
    )


def _gone_resources(kind: ObjectKind, names: tuple[str, ...], world: World) -> Iterator[WorldObject]:
    """Yield the objects that are deleted or renamed."""
    staying = {str(each.address): each for each in world.resources(*kind.types)}
    for each in world.before().resources(*kind.types):
        later = staying.get(str(each.address))
        keeps_names = later is not None and all(each.attribute(name) == later.attribute(name) for name in names)
        if each.attribute("skip_destroy") is not True and not keeps_names:
            yield each


def _is_not_replaced(resource: WorldObject, kind: ObjectKind, names: tuple[str, ...], world: World) -> bool:
    """Whether no other object can have the names of a resource."""
    by = names[-1]
    return not any(
        all(equal(resource.attribute(name), each.attribute(name)) is not Truth.FALSE for name in names)
        # The names of buckets are global.
        and (
            kind in (kinds.BUCKET, kinds.OBJECT)
            or is_in_same_region(each.surroundings, resource.surroundings) is not Truth.FALSE
        )
        for each in index_created(kind, world, by).possible(resource.attribute(by))
    )
