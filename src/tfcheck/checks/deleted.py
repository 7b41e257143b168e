"""Keep the resources that tasks need to start.

tfcheck reports a log group, secret, parameter, environment file or bucket that the plan deletes, or replaces with one
of another name, while a task definition still refers to it. Running tasks keep running, but new ones cannot start, so
the problem appears only when ECS next replaces a task. Deletions by the plan of another stack that is checked in the
same call count, too.

tfcheck reports nothing if something of the same name exists after the change, in this plan or in another known stack.
Nor does it report log groups that are kept (`skip_destroy`) or that the log driver creates again.

Remove the reference from the task definition first, in a separate change. To hand the resource over to another stack,
make Terraform forget it:

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
from typing import NamedTuple

from tfcheck.checks import env_file_absent, log_group_absent
from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import files, stored_values
from tfcheck.inventory.catalogue import LOG_GROUP, OBJECT, catalogue
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.other_stack import Stack
from tfcheck.inventory.world import World, WorldObject, find_object
from tfcheck.startup.awslogs_options import awslogs
from tfcheck.startup.existence import deleted_addresses
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import PlainText, Truth, display
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for one, whose in _changed_worlds(world):
        gone = one.once(deleted_addresses)
        if not gone:
            continue
        # NOTE: a reference follows a replacement; only literal names become stale.
        there = {(each.place, resource.address.type) for each, resource in _named_resources(task, world, one)}
        for each, resource in _named_resources(task, world, one.before()):
            if str(resource.address) not in gone or (each.place, resource.address.type) in there:
                continue
            yield Misconfiguration(
                f"{each.what} needs {resource.address}, which {whose} {_change_of(resource, one)}",
                Severity.ERROR,
                each.container,
                str(resource.address),
                ("running tasks keep running, but no new ones can start",),
                _symptom(task, resource),
            )


def _changed_worlds(world: World) -> Iterator[tuple[World, str]]:
    """Yield the worlds that the change consists of, with their names: this plan and the other checked ones."""
    yield world, "this plan"
    for each in world.context:
        if isinstance(each, Stack) and each.is_checked:
            yield each, "the plan of another stack"


def _symptom(task: TaskDefinition, resource: WorldObject) -> str:
    """Return the ECS error for a missing object, empty where none is known."""
    match resource.address.type:
        case "aws_cloudwatch_log_group":
            return log_group_absent.SYMPTOM
        case "aws_ssm_parameter":
            name = SENSITIVE if task.sensitive else display(resource.attribute("name"))
            region = display(resource.surroundings.region)
            return f"fetching secret data from SSM Parameter Store in {region}: invalid parameters: {name}"
        case "aws_secretsmanager_secret":
            return ""
        case _:
            return env_file_absent.SYMPTOM


def _change_of(resource: WorldObject, world: World) -> str:
    return "deletes" if find_object(resource.address, world) is None else "replaces with one of another name"


# What a task names


class _TaskReference(NamedTuple):
    """What a task names in one place, and the container that it belongs to."""

    place: str
    what: str
    container: str | None


def _named_resources(task: TaskDefinition, world: World, among: World) -> Iterator[tuple[_TaskReference, WorldObject]]:
    """Yield the objects that a task names, now or before, and that exist in its world or in another stack."""
    around = among if among is world else world.before()
    yield from _files(task, among)
    for place, source, stored in stored_values(task, around, among):
        if stored is not None and not source.doubt:
            yield _TaskReference(place.pointer, place.cause, place.container.name if place.container else None), stored
    yield from _groups(task, world, among)


def _files(task: TaskDefinition, among: World) -> Iterator[tuple[_TaskReference, WorldObject]]:
    for file in files(task):
        if isinstance(file.value, PlainText):
            bucket = bucket_of(file.value, among)
            holder = catalogue(among, OBJECT).find_by_arn(file.value)
            if holder := holder or (bucket.resource if bucket else None):
                yield _TaskReference(file.name, file.name, file.container.name), holder


def _groups(task: TaskDefinition, world: World, among: World) -> Iterator[tuple[_TaskReference, WorldObject]]:
    for log in awslogs(task, world):
        found = catalogue(among, LOG_GROUP).find_by_name(log.group, None) if log.makes_no_group else None
        if found is None:
            continue
        here, there = task.resource.surroundings, found.surroundings
        if equal(log.region, there.region) & equal(here.account, there.account) is Truth.TRUE:
            yield _TaskReference(log.name, log.name, log.container), found


CHECK = Check("deleted", "deleted resources that tasks need", __doc__, _search)
