"""Find the log configurations of the `awslogs` driver, and their options."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.blocks import only_block_or_unknown
from tfcheck.startup.launch import runs
from tfcheck.startup.run_index import RunList
from tfcheck.symbolic.value import Unknown, Value


class AwsLogs(msgspec.Struct, frozen=True):
    """The log configuration of one container, or of a service's proxy; `name` says whose it is."""

    name: str
    container: str | None
    options: dict[str, Value]

    @property
    def group(self) -> Value:
        """The name of the group."""
        return self.options.get("awslogs-group")

    @property
    def region(self) -> Value:
        """The region of the group."""
        return self.options.get("awslogs-region")

    @property
    def prefix(self) -> Value:
        """The stream prefix."""
        return self.options.get("awslogs-stream-prefix")

    @property
    def makes_no_group(self) -> bool:
        """Whether the driver definitely does not create the group itself."""
        return self.options.get("awslogs-create-group") in (None, "", False, "false")


def awslogs(task: TaskDefinition, world: World) -> Iterator[AwsLogs]:
    """Yield every log configuration with a definite `awslogs` driver and known options."""
    # NOTE: an ECS Express service sees to its log group itself.
    for container in () if task.is_of_service else task.containers:
        configuration = container.member("logConfiguration")
        driver, options = member(configuration, "logDriver"), member(configuration, "options")
        if driver == "awslogs" and isinstance(options, dict | None):
            yield AwsLogs(f"container `{container.name}`", container.name, options or {})
    for service in logging_services(runs(task, world).definite, world):
        log = log_configuration(service)
        options = member(log, "options")
        if member(log, "log_driver") == "awslogs" and isinstance(options, dict | None):
            yield AwsLogs(f"the Service Connect proxy of {service.address}", None, options or {})


def logging_services(listed: RunList, world: World) -> tuple[WorldObject, ...]:
    """Return the services whose Service Connect proxy writes logs, or may."""
    return listed.where(_writes_logs, world)


def _writes_logs(run: WorldObject, _: World) -> bool:
    return run.address.type == "aws_ecs_service" and log_configuration(run) is not None


def log_configuration(service: WorldObject) -> dict[str, Value] | Unknown | None:
    """Return the log configuration of a service's proxy; None if there definitely is none."""
    connect = only_block_or_unknown(service.attribute("service_connect_configuration"))
    if isinstance(connect, dict) and connect.get("enabled") is False:
        return None
    return connect if isinstance(connect, Unknown | None) else only_block_or_unknown(connect.get("log_configuration"))
