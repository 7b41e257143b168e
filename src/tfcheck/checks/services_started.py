"""Find the services that start a task definition, and the platform of its tasks."""

from __future__ import annotations

from tfcheck.inventory.change import is_changed
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.startup.capacity import launch_types
from tfcheck.startup.launch import runs, services
from tfcheck.startup.nested import only_block


def runs_on_fargate(task: TaskDefinition, world: World) -> bool:
    """Whether some tasks definitely run on Fargate."""
    if task.on_fargate:
        return True
    return any("FARGATE" in launch_types(service, world) for service in runs(task, world).sure)


def runs_on_windows(task: TaskDefinition) -> bool:
    """Whether the tasks definitely run on Windows."""
    platform = only_block(task.resource.attribute("runtime_platform")) or {}
    family = platform.get("operating_system_family")
    return isinstance(family, str) and family.upper().startswith("WINDOWS")


#: Arguments of a service that make it start new tasks; the last two are those of ECS Express services.
_STARTING = ("task_definition", "execution_role_arn", "primary_container")


def starting_services(task: TaskDefinition, world: World) -> list[WorldObject]:
    """Return the services that the change creates or updates to this definition and that start its tasks at once."""

    def find() -> list[WorldObject]:
        running = (task.resource,) if task.is_of_service else services(task, world)
        return [each for each in running if is_changed(each, _STARTING, world) and _starts_tasks(each)]

    return found_once(world, ("starting services", task.address), find)


def _starts_tasks(service: WorldObject) -> bool:
    count, kind = service.attribute("desired_count"), service.attribute("scheduling_strategy")
    return kind == "DAEMON" or count is None or (isinstance(count, int) and count > 0)
