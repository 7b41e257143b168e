"""How may a task be launched, and which services run it?

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_types.html. On container instances of EC2 a
task without an execution role pulls images and writes logs with the role of the instance.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.address import Address
from tfcheck.ecs import TaskDefinition
from tfcheck.value import Set, Text, TextLike, Unknown, Value, spelled_out
from tfcheck.world import Thing, World

_FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
_NEVER_BY_INSTANCE = frozenset(("FARGATE", "EXTERNAL", "MANAGED_INSTANCES"))


def instance_role_serves(task: TaskDefinition, world: World) -> bool:
    """Tell whether images and logs are surely left to the container instance: no execution role, and EC2 only."""
    if task.execution_role not in (None, ""):
        return False
    kinds = set(task.strings("requires_compatibilities"))
    for service in services(task, world):
        kinds.update(launch_types(service))
    return not kinds & _NEVER_BY_INSTANCE


def launch_types(service: Thing) -> Iterator[str]:
    """Give the launch types that a service surely uses."""
    launch_type = service.attribute("launch_type")
    if isinstance(launch_type, str):
        yield launch_type
    for each in _items(service.attribute("capacity_provider_strategy")):
        provider = each.get("capacity_provider") if isinstance(each, dict) else None
        if provider in _FARGATE_PROVIDERS:
            yield "FARGATE"


def services(task: TaskDefinition, world: World) -> list[Thing]:
    """Give the services that surely run a task definition."""
    return world.once(_Running).of(task)


class _Running:
    """The services of one world, filed by what they say they run."""

    def __init__(self, world: World) -> None:
        self._filed: dict[TextLike, list[Thing]] = {}
        self._found: dict[Address, list[Thing]] = {}
        for service in world.things("aws_ecs_service"):
            for name in _called(service.attribute("task_definition")):
                self._filed.setdefault(name, []).append(service)

    def of(self, task: TaskDefinition) -> list[Thing]:
        if task.address not in self._found:
            found = {str(each.address): each for name in _names(task) for each in self._filed.get(name, ())}
            self._found[task.address] = list(found.values())
        return self._found[task.address]


def _called(reference: Value) -> Iterator[TextLike]:
    if isinstance(reference, Unknown) and reference.symbol is not None:
        yield reference.symbol.owner
    if isinstance(reference, str | Text | Unknown):
        yield spelled_out(reference)


def _names(task: TaskDefinition) -> Iterator[TextLike]:
    """Give all that a service can call a task definition."""
    yield str(task.address)
    family, revision = task.thing.attribute("family"), task.thing.attribute("revision")
    arns = [task.thing.attribute("arn"), task.thing.attribute("arn_without_revision")]
    yield from (spelled_out(each) for each in (*arns, family) if isinstance(each, str | Text | Unknown))
    if isinstance(family, str) and isinstance(revision, int):
        yield f"{family}:{revision}"


def _items(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Set):
        return value.items
    return tuple(value) if isinstance(value, list) else ()
