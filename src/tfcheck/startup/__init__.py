"""What does ECS do before a task runs? One module for each thing it does; this is the list of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Requirement
from tfcheck.startup import (
    credential_spec,
    decrypt,
    efs_volume,
    env_file,
    firelens_config,
    fsx,
    image,
    log_group,
    log_router_file,
    parameter,
    registry_credentials,
    secret,
    service_connect_log,
    trust,
)
from tfcheck.startup.launch import instance_role_serves
from tfcheck.startup.rule import Rule, derived
from tfcheck.value import Truth
from tfcheck.world import World

_FETCHES: tuple[Rule, ...] = (
    trust.RULE,
    env_file.RULE,
    firelens_config.RULE,
    log_router_file.RULE,
    secret.RULE,
    parameter.RULE,
    registry_credentials.RULE,
    image.RULE,
    log_group.RULE,
    service_connect_log.RULE,
    credential_spec.RULE,
    fsx.RULE,
    efs_volume.RULE,
)
RULES: tuple[Rule, ...] = (*_FETCHES, decrypt.rule(_FETCHES))
#: More than a task definition of 64 KiB can ask for.
MOST_REQUIREMENTS = 5_000


def rule(rule_id: str) -> Rule:
    """Give a rule by its id.

    Raises:
        KeyError: there is no such rule.
    """
    return {each.id: each for each in RULES}[rule_id]


def requirements(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Derive everything that a task definition needs to start in a world, in the order of the rules.

    Of too many only the first.
    """
    found = (need for each in RULES for need in derived(each, task, world))
    yield from islice(found, MOST_REQUIREMENTS)


def notes(tasks: Iterable[TaskDefinition], world: World) -> Iterator[str]:
    """Name the tasks for which the role of the container instance pulls and logs: that role is not evaluated."""
    for task in tasks:
        pulls, logs = any(image.of_images(task, world)), any(log_group.of_logs(task, world))
        if (pulls or logs) and instance_role_serves(task, world) is Truth.TRUE:
            what = " and ".join(filter(None, ("pulls its images" if pulls else "", "writes its logs" if logs else "")))
            yield (
                f"{task.address} runs on EC2 without an execution role: the role of the container instance {what}, "
                "which is not evaluated"
            )
