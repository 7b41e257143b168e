"""Keep what a task is started with.

Where a plan deletes a log group, a secret, a parameter, an environment file or its bucket, and a task definition still
names it, tasks that run go on running, and no new one starts. It shows only when ECS replaces a task. Nothing is said
where something of the same name is there after the change, in this plan or in another stack that is known, and nothing
of log groups that stay behind (`skip_destroy`) or that their driver makes again. What the plan of another stack deletes
that is checked in the same call is missed, too.

Take what is deleted out of the task definition first, in a change of its own. Where another stack is to have it, let
Terraform forget it:

    removed {
      from = aws_cloudwatch_log_group.web
      lifecycle {
        destroy = false
      }
    }

See https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.ecs import Container, TaskDefinition
from tfcheck.finding import Severity
from tfcheck.inventory.bucket import bucket_of
from tfcheck.inventory.catalogue import BUCKET, LOG_GROUP, OBJECT, PARAMETER, SECRET, Kind, catalogue, reachable
from tfcheck.match import equal
from tfcheck.pitfall.environment_file import files
from tfcheck.pitfall.log_driver import AwsLogs, awslogs
from tfcheck.pitfall.mistake import Mistake, Pitfall
from tfcheck.stack import Stack
from tfcheck.startup.source import Store, sources
from tfcheck.startup.value_from import injected
from tfcheck.value import Text, Truth, Unknown
from tfcheck.world import Thing, World

#: What is looked at, and the attributes of which one must be another one for it to be another thing.
_KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (LOG_GROUP, ("name",)),
    (SECRET, ("name",)),
    (PARAMETER, ("name",)),
    (OBJECT, ("bucket", "key")),
    (BUCKET, ("bucket",)),
)
#: What else makes a thing of the kind.
_ALSO = {OBJECT: ("aws_s3_object_copy",)}
_STORES = {Store.SECRETS_MANAGER: SECRET, Store.PARAMETER_STORE: PARAMETER}


def _search(task: TaskDefinition, world: World) -> Iterator[Mistake]:
    for one, whose in _changing(world):
        deleted = one.once(_deleted)
        named = _named(task, world, one.before()) if deleted else ()
        for what, container, thing in named:
            if thing is None or str(thing.address) not in deleted:
                continue
            yield Mistake(
                f"{what} needs {thing.address}, which {whose} deletes",
                Severity.ERROR,
                container,
                str(thing.address),
                ("tasks that run go on running; none starts any more",),
            )


def _changing(world: World) -> Iterator[tuple[World, str]]:
    """Give what the change is made of, with its name: this plan, and those of other stacks that are checked as well."""
    yield world, "this plan"
    for each in world.context:
        if isinstance(each, Stack) and each.is_checked:
            yield each, "the plan of another stack"


def _deleted(world: World) -> frozenset[str]:
    """Name what the change surely deletes, and nothing of the same name replaces."""
    return frozenset(
        str(each.address)
        for kind, names in _KINDS
        for each in _ended(kind, world)
        if _is_gone(each, kind, names, world)
    )


def _ended(kind: Kind, world: World) -> list[Thing]:
    staying = {str(each.address) for each in world.things(*kind.types)}
    ended = [each for each in world.before().things(*kind.types) if str(each.address) not in staying]
    return [each for each in ended if each.attribute("skip_destroy") is not True]


def _is_gone(thing: Thing, kind: Kind, names: tuple[str, ...], world: World) -> bool:
    types = (*kind.types, *_ALSO.get(kind, ()))
    others = (each for one in (world, *world.context) for each in one.things(*types))
    return all(
        any(equal(thing.attribute(name), each.attribute(name)) is Truth.FALSE for name in names)
        or not _may_be_beside(thing, each, kind)
        for each in others
    )


def _may_be_beside(thing: Thing, other: Thing, kind: Kind) -> bool:
    """Tell whether a name may mean either of two things; names of buckets mean the same everywhere."""
    around = thing.surroundings
    return kind in (BUCKET, OBJECT) or reachable(other, around.region, around.account)


# What a task names, as it was before the change


_Named = tuple[str, str | None, Thing | None]


def _named(task: TaskDefinition, world: World, earlier: World) -> Iterator[_Named]:
    """Give what a task names of a stack as it was, with the thing that it means there."""
    yield from _files(task, earlier)
    yield from _values(task, world.before(), earlier)
    yield from _groups(task, world, earlier)


def _files(task: TaskDefinition, earlier: World) -> Iterator[_Named]:
    for file in files(task):
        if isinstance(file.value, str | Text | Unknown):
            bucket = bucket_of(file.value, earlier)
            holder = catalogue(earlier, OBJECT).by_arn(file.value)
            yield file.name, file.container.name, holder or (bucket.thing if bucket else None)


def _values(task: TaskDefinition, world: World, earlier: World) -> Iterator[_Named]:
    for place, value in injected(task):
        for source in sources(value, task.thing.surroundings, world):
            if not source.doubt:
                found = catalogue(earlier, _STORES[source.store]).by_arn(source.arn)
                yield place.cause, _name(place.container), found


def _name(container: Container | None) -> str | None:
    return container.name if container else None


def _groups(task: TaskDefinition, world: World, earlier: World) -> Iterator[_Named]:
    for log in awslogs(task, world):
        found = catalogue(earlier, LOG_GROUP).by_name(log.group, None) if log.makes_no_group else None
        if found is not None and _writes_there(task, log, found):
            yield log.name, log.container, found


def _writes_there(task: TaskDefinition, log: AwsLogs, group: Thing) -> bool:
    here, there = task.thing.surroundings, group.surroundings
    return equal(log.region, there.region) & equal(here.account, there.account) is Truth.TRUE


PITFALL = Pitfall("deleted", "what is needed and stays", __doc__, _search)
