"""List what a task definition names (environment files, secrets, parameters), and the services that start it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.catalogue import PARAMETER, SECRET, ObjectKind, catalogue
from tfcheck.inventory.change import is_changed, is_new
from tfcheck.inventory.ecs import EXPRESS_SERVICE, SERVICE_TYPES, TASK_SET, Container, TaskDefinition, member
from tfcheck.inventory.world import World, WorldObject, find_object, found_once
from tfcheck.resolve.blocks import only_block
from tfcheck.role import Role, Roles
from tfcheck.startup import existence
from tfcheck.startup.capacity import launch_types
from tfcheck.startup.launch import runs
from tfcheck.startup.rule import TaskPlace
from tfcheck.startup.source import Source, ValueStore, injected_values, sources
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Text, Truth, Unknown, Value
from tfcheck.vocabulary.address import owner_of


class EnvironmentFile(msgspec.Struct, frozen=True):
    """One entry of `environmentFiles`."""

    container: Container
    index: int
    type: Value
    value: Value

    @property
    def name(self) -> str:
        """Its name in a sentence."""
        return f"environment file {self.index + 1} of container `{self.container.name}`"


def files(task: TaskDefinition) -> Iterator[EnvironmentFile]:
    """Yield the known entries in order; an unknown list has none."""
    for container in task.containers:
        listed = container.members("environmentFiles")
        for index, each in enumerate(() if isinstance(listed, Unknown) else listed):
            if isinstance(each, dict):
                yield EnvironmentFile(container, index, member(each, "type"), member(each, "value"))


_STORES = {ValueStore.SECRETS_MANAGER: SECRET, ValueStore.PARAMETER_STORE: PARAMETER}


def stored_values(
    task: TaskDefinition, world: World, among: World | None = None
) -> Iterator[tuple[TaskPlace, Source, WorldObject | None]]:
    """Yield the secrets and parameters that values are read from, and the objects `among` a world, here by default."""
    for place, value in injected_values(task):
        for source in sources(value, task.resource.surroundings, world):
            yield place, source, catalogue(among or world, _STORES[source.store]).find_by_arn(source.arn)


def only_in_other_regions(
    kind: ObjectKind, name: str, region: Value, task: TaskDefinition, world: World
) -> list[WorldObject]:
    """Return the objects of a name in the task's account if all of them are in other regions than this one."""
    around = task.resource.surroundings
    if existence.namesake(kind, existence.named_at(name, around, region), world) is not Truth.FALSE:
        return []
    named = existence.index_created(kind, world).exactly(name)
    found = [each for each in named if equal(each.surroundings.account, around.account) is not Truth.FALSE]
    return found if all(equal(each.surroundings.region, region) is Truth.FALSE for each in found) else []


def has_access_point(point: Value, kind: ObjectKind, world: World) -> bool:
    """Whether a volume definitely names an access point; an unknown value may be null."""
    if isinstance(point, (str, Text)):
        return point != ""
    return catalogue(world, kind).owner(point) is not None


def roles_of(task: TaskDefinition, world: World) -> list[Role]:
    """Return the execution role and the task role, as far as they are known."""
    named = (world.once(Roles).of(each) for each in (task.execution_role, task.task_role))
    return [each for each in named if each is not None]


def runs_on_fargate(task: TaskDefinition, world: World) -> bool:
    """Whether some tasks definitely run on Fargate."""
    if task.on_fargate:
        return True
    return any("FARGATE" in kinds for kinds in runs(task, world).definite.distinct(launch_types, world))


def runs_on_windows(task: TaskDefinition) -> bool:
    """Whether the tasks definitely run on Windows."""
    platform = only_block(task.resource.attribute("runtime_platform")) or {}
    family = platform.get("operating_system_family")
    return isinstance(family, str) and family.upper().startswith("WINDOWS")


#: Arguments of a service that make it start new tasks; the last two are those of ECS Express services.
_STARTING = ("task_definition", "execution_role_arn", "primary_container")


def starting_services(task: TaskDefinition, world: World) -> list[WorldObject]:
    """Return the services and task sets that the change creates, or updates to this definition, to start its tasks."""

    def find() -> list[WorldObject]:
        if task.is_of_service:
            return [task.resource] if _is_starting(task.resource, world) else []
        return [*runs(task, world).definite.where(_is_starting, world)]

    return found_once(world, ("starting services", task.address), find)


def _is_starting(run: WorldObject, world: World) -> bool:
    if run.address.type == TASK_SET:
        return is_new(run, world) and _is_scaled(run, world)
    return run.address.type in SERVICE_TYPES and is_changed(run, _STARTING, world) and runs_tasks(run) is Truth.TRUE


def runs_tasks(service: WorldObject) -> Truth:
    """Whether a service runs any tasks; without a count it is the provider's default, 0."""
    if service.address.type == EXPRESS_SERVICE or service.attribute("scheduling_strategy") == "DAEMON":
        return Truth.TRUE
    count = service.attribute("desired_count")
    return Truth.of((count or 0) > 0) if count is None or isinstance(count, int) else Truth.UNKNOWN


def _is_scaled(task_set: WorldObject, world: World) -> bool:
    """Whether a task set has a part of the tasks of its service; without `scale` it has none."""
    share = member(only_block(task_set.attribute("scale")), "value")
    service = find_object(owner_of(task_set.attribute("service")), world)
    has_tasks = service is not None and runs_tasks(service) is Truth.TRUE
    return isinstance(share, (int, float)) and share > 0 and has_tasks
