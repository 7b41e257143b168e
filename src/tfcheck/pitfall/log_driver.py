"""Which containers write their logs with the `awslogs` driver, and with which options?"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.ecs import Container, TaskDefinition, member, task_definitions
from tfcheck.value import Value
from tfcheck.world import World


class AwsLogs(msgspec.Struct, frozen=True):
    """The log configuration of one container."""

    container: Container
    options: dict[str, Value]

    @property
    def group(self) -> Value:
        """Give the name of the group."""
        return self.options.get("awslogs-group")

    @property
    def region(self) -> Value:
        """Give the region of the group."""
        return self.options.get("awslogs-region")

    @property
    def makes_no_group(self) -> bool:
        """Tell whether the driver surely does not make the group itself."""
        return self.options.get("awslogs-create-group") in (None, "", False, "false")


def awslogs(task: TaskDefinition) -> Iterator[AwsLogs]:
    """Give every container whose driver is surely `awslogs`, with options that are listed."""
    for container in task.containers:
        configuration = container.member("logConfiguration")
        options = member(configuration, "options")
        if member(configuration, "logDriver") == "awslogs" and isinstance(options, dict | None):
            yield AwsLogs(container, options or {})


def groups_used(world: World) -> frozenset[str]:
    """Name the groups that the tasks of a world write to."""
    found = (each.group for task in task_definitions(world) for each in awslogs(task))
    return frozenset(each for each in found if isinstance(each, str))
