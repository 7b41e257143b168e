"""Run a task on a Fargate platform version that supports what it uses.

On Linux, environment files and single JSON keys or versions of secrets require Fargate platform version 1.4.0. Whole
secrets of Secrets Manager require 1.3.0, and credentials of private registries 1.2.0. A service or schedule that is
pinned to an older version cannot start such a task.

Set `platform_version = "LATEST"` there, or leave it out.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.checks.named_objects import files, runs_on_windows
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject
from tfcheck.startup.launch import runs
from tfcheck.startup.source import ValueStore, injected_values, sources, without_tail
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText
from tfcheck.vocabulary.finding import Severity

_VERSION = regex(r"(\d+)\.(\d+)\.(\d+)")
#: The newest version that something needs.
_NEWEST = (1, 4, 0)


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    if runs_on_windows(task):
        return
    services = runs(task, world).definite.where(_is_old, world)
    required = _required_versions(task, world) if services else {}
    for service in services:
        version = _version(service)
        for wanted, least in required.items():
            if version < least:
                yield Misconfiguration(
                    f"{service.address} runs the task on Fargate platform {_format(version)}, but {wanted} need "
                    f"{_format(least)}",
                    Severity.ERROR,
                    about=wanted,
                    address=str(service.address),
                    argument="platform_version",
                )


def _is_old(run: WorldObject, _: World) -> bool:
    return () < _version(run) < _NEWEST


def _version(run: WorldObject) -> tuple[int, ...]:
    """Return the platform version of a run; empty if it is not written as a number."""
    written = run.attribute("platform_version")
    found = _VERSION.fullmatch(written) if isinstance(written, str) else None
    return tuple(map(int, found.groups())) if found else ()


def _required_versions(task: TaskDefinition, world: World) -> dict[str, tuple[int, ...]]:
    wanted: dict[str, tuple[int, ...]] = {}
    if any(True for _ in files(task)):
        wanted["environment files"] = (1, 4, 0)
    if any(isinstance(each.member("repositoryCredentials"), dict) for each in task.containers):
        wanted["credentials of private registries"] = (1, 2, 0)
    for _, value in injected_values(task):
        found = sources(value, task.resource.surroundings, world)
        if found and all(each.store is ValueStore.SECRETS_MANAGER for each in found):
            wanted["secrets of Secrets Manager"] = (1, 3, 0)
            if isinstance(value, PlainText) and without_tail(value) != value:
                wanted["JSON keys and versions of secrets"] = (1, 4, 0)
    return wanted


def _format(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


CHECK = Check("platform-version", "Fargate platform versions that are too old", __doc__, _search)
