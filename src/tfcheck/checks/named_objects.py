"""The environment files, secrets and parameters that a task definition names."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.catalogue import PARAMETER, SECRET, catalogue
from tfcheck.inventory.ecs import Container, TaskDefinition, member
from tfcheck.inventory.world import World, WorldObject
from tfcheck.startup.rule import TaskPlace
from tfcheck.startup.source import Source, ValueStore, injected_values, sources
from tfcheck.symbolic.value import Unknown, Value


class EnvironmentFile(msgspec.Struct, frozen=True):
    """One entry of `environmentFiles`."""

    container: Container
    index: int
    type: Value
    value: Value

    @property
    def name(self) -> str:
        """Name it in a sentence."""
        return f"environment file {self.index + 1} of container `{self.container.name}`"


def files(task: TaskDefinition) -> Iterator[EnvironmentFile]:
    """Return the known entries in order; an unknown list has none."""
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
