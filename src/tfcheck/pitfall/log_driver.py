"""Who writes logs with the `awslogs` driver, and with which options?"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.ecs import TaskDefinition, member, task_definitions
from tfcheck.startup.launch import services
from tfcheck.startup.service_connect_log import log_configuration
from tfcheck.value import Value
from tfcheck.world import World


class AwsLogs(msgspec.Struct, frozen=True):
    """The log configuration of one container, or of the proxy that a service adds: `name` tells whose it is."""

    name: str
    container: str | None
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
    def prefix(self) -> Value:
        """Give what the streams of the group begin with."""
        return self.options.get("awslogs-stream-prefix")

    @property
    def makes_no_group(self) -> bool:
        """Tell whether the driver surely does not make the group itself."""
        return self.options.get("awslogs-create-group") in (None, "", False, "false")


def awslogs(task: TaskDefinition, world: World) -> Iterator[AwsLogs]:
    """Give every log configuration whose driver is surely `awslogs`, with options that are listed."""
    for container in task.containers:
        configuration = container.member("logConfiguration")
        driver, options = member(configuration, "logDriver"), member(configuration, "options")
        if driver == "awslogs" and isinstance(options, dict | None):
            yield AwsLogs(f"container `{container.name}`", container.name, options or {})
    for service in services(task, world):
        log = log_configuration(service)
        options = member(log, "options")
        if member(log, "log_driver") == "awslogs" and isinstance(options, dict | None):
            yield AwsLogs(f"the Service Connect proxy of {service.address}", None, options or {})


def groups_used(world: World) -> frozenset[str]:
    """Name the groups that the tasks of a world write to."""
    found = (each.group for task in task_definitions(world) for each in awslogs(task, world))
    return frozenset(each for each in found if isinstance(each, str))
