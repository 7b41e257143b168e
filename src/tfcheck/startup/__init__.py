"""What ECS does before a task runs: the list of rules, one module each."""

from __future__ import annotations

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, difference_words
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
    s3_files_volume,
    secret,
    service_connect_log,
    trust,
)
from tfcheck.startup.left_out import join
from tfcheck.startup.rule import MOST_REQUIREMENTS, Rule, derive_requirements
from tfcheck.symbolic.doubt import later
from tfcheck.vocabulary.finding import Requirement

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
    s3_files_volume.RULE,
)
_KEYS: tuple[Rule, ...] = (decrypt.rule(_FETCHES),)
_OPTIONAL = later("whether the task definition names it")
RULES: tuple[Rule, ...] = (*_FETCHES, *_KEYS)


def rule(rule_id: str) -> Rule:
    """Return a rule by its id."""
    return {each.id: each for each in RULES}[rule_id]


def requirements(task: TaskDefinition, world: World) -> tuple[Requirement, ...]:
    """Return what a task definition needs to start in a world, in the order of the rules; of too many, the first."""
    needed = [
        (*derive_requirements(_FETCHES, each, world), *derive_requirements(_KEYS, each, world))
        for each in task.variants()
    ]
    found, *others = sorted(needed, key=len, reverse=True)
    for other in others:
        found = join(found, other, _OPTIONAL)
    if world.certain is not world:
        found = join(found, requirements(task, world.certain), difference_words(world))
    return found[:MOST_REQUIREMENTS]
