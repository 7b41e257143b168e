"""How may a task be launched, and which services run it?

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_types.html. On container instances of EC2 a
task without an execution role pulls images and writes logs with the role of the instance.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.ecs import TaskDefinition
from tfcheck.match import equal
from tfcheck.value import Set, Text, Truth, Unknown, Value, text
from tfcheck.world import Thing, World

_FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
_NEVER_BY_INSTANCE = frozenset(("FARGATE", "EXTERNAL", "MANAGED_INSTANCES"))


def instance_role_serves(task: TaskDefinition, world: World) -> bool:
    """Tell whether images and logs are surely left to the container instance: no execution role, and EC2 only."""
    if task.execution_role not in (None, ""):
        return False
    kinds = set(task.strings("requires_compatibilities"))
    for service in services(task, world):
        kinds.update(_kinds(service))
    return not kinds & _NEVER_BY_INSTANCE


def _kinds(service: Thing) -> Iterator[str]:
    launch_type = service.attribute("launch_type")
    if isinstance(launch_type, str):
        yield launch_type
    for each in _items(service.attribute("capacity_provider_strategy")):
        provider = each.get("capacity_provider") if isinstance(each, dict) else None
        if provider in _FARGATE_PROVIDERS:
            yield "FARGATE"


def services(task: TaskDefinition, world: World) -> Iterator[Thing]:
    """Give the services that surely run a task definition."""
    for service in world.things("aws_ecs_service"):
        if _runs(service.attribute("task_definition"), task):
            yield service


def _runs(reference: Value, task: TaskDefinition) -> bool:
    if isinstance(reference, Unknown) and reference.symbol is not None and reference.symbol.owner == str(task.address):
        return True
    if not isinstance(reference, str | Text | Unknown):
        return False
    family, revision = task.thing.attribute("family"), task.thing.attribute("revision")
    names = [task.thing.attribute("arn"), task.thing.attribute("arn_without_revision"), family]
    if isinstance(family, str | Text | Unknown) and isinstance(revision, int):
        names.append(text([family, f":{revision}"]))
    return any(equal(reference, name) is Truth.TRUE for name in names if name is not None)


def _items(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Set):
        return value.items
    return tuple(value) if isinstance(value, list) else ()
