"""Which services start a task definition, and on what do its tasks run?"""

from __future__ import annotations

from tfcheck.ecs import TaskDefinition
from tfcheck.startup.launch import launch_types, services
from tfcheck.startup.nested import only
from tfcheck.world import Thing, World


def on_fargate(task: TaskDefinition, world: World) -> bool:
    """Tell whether some tasks surely run on Fargate."""
    if set(task.strings("requires_compatibilities")) == {"FARGATE"}:
        return True
    return any("FARGATE" in launch_types(service) for service in services(task, world))


def on_windows(task: TaskDefinition) -> bool:
    """Tell whether the tasks surely run on Windows."""
    platform = only(task.thing.attribute("runtime_platform")) or {}
    family = platform.get("operating_system_family")
    return isinstance(family, str) and family.upper().startswith("WINDOWS")


def new_services(task: TaskDefinition, world: World) -> list[Thing]:
    """Give the services that the change makes and that surely start tasks of this definition at once."""
    earlier = world.once(_services_before)
    made = [each for each in services(task, world) if str(each.address) not in earlier]
    return [each for each in made if _starts_tasks(each)]


def _starts_tasks(service: Thing) -> bool:
    count, kind = service.attribute("desired_count"), service.attribute("scheduling_strategy")
    return kind == "DAEMON" or count is None or (isinstance(count, int) and count > 0)


def is_new(thing: Thing, world: World) -> bool:
    """Tell whether the change makes a thing."""
    before = world.before().things(thing.address.type)
    return str(thing.address) not in {str(each.address) for each in before}


def _services_before(world: World) -> frozenset[str]:
    return frozenset(str(each.address) for each in world.before().things("aws_ecs_service"))
