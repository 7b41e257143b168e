"""The environment files that a task definition names."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import Container, TaskDefinition, member
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
