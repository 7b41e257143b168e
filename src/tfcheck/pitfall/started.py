"""Which services start a task definition, and on what do its tasks run?"""

from __future__ import annotations

from tfcheck.ecs import TaskDefinition
from tfcheck.match import equal
from tfcheck.startup.launch import launch_types, services
from tfcheck.startup.nested import only
from tfcheck.value import Truth
from tfcheck.world import Thing, World


def on_fargate(task: TaskDefinition, world: World) -> bool:
    """Tell whether some tasks surely run on Fargate."""
    if task.on_fargate:
        return True
    return any("FARGATE" in launch_types(service) for service in services(task, world))


def on_windows(task: TaskDefinition) -> bool:
    """Tell whether the tasks surely run on Windows."""
    platform = only(task.thing.attribute("runtime_platform")) or {}
    family = platform.get("operating_system_family")
    return isinstance(family, str) and family.upper().startswith("WINDOWS")


def new_services(task: TaskDefinition, world: World) -> list[Thing]:
    """Give the services that the change makes and that surely start tasks of this definition at once."""
    return [each for each in starting_services(task, world) if is_new(each, world)]


def starting_services(task: TaskDefinition, world: World) -> list[Thing]:
    """Give the services that the change makes, or gives this definition, and that surely start its tasks at once."""
    changed = [each for each in services(task, world) if is_changed(each, ("task_definition",), world)]
    return [each for each in changed if _starts_tasks(each)]


def _starts_tasks(service: Thing) -> bool:
    count, kind = service.attribute("desired_count"), service.attribute("scheduling_strategy")
    return kind == "DAEMON" or count is None or (isinstance(count, int) and count > 0)


def is_new(thing: Thing, world: World) -> bool:
    """Whether the change creates an object; what a data source looks up was there before, or others create it."""
    return thing.address.mode == "managed" and before(thing, world) is None


def is_changed(thing: Thing, attributes: tuple[str, ...], world: World) -> bool:
    """Whether the change creates an object, or may change one of these attributes of it."""
    if thing.address.mode != "managed":
        return False
    earlier = before(thing, world)
    if earlier is None:
        return True
    return any(equal(earlier.attribute(name), thing.attribute(name)) is not Truth.TRUE for name in attributes)


def before(thing: Thing, world: World) -> Thing | None:
    """Give a thing as it was before the change; None where it was not there."""
    return world.once(_Earlier).of(thing.address.type).get(str(thing.address))


class _Earlier:
    """The things that were there before the change, by address."""

    def __init__(self, world: World) -> None:
        self._before = world.before()
        self._found: dict[str, dict[str, Thing]] = {}

    def of(self, kind: str) -> dict[str, Thing]:
        if kind not in self._found:
            self._found[kind] = {str(each.address): each for each in self._before.things(kind)}
        return self._found[kind]
