"""ECS configuration rules that no permission can satisfy: the list of checks, one module each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.checks import (
    credential_in_environment,
    credential_spec_arn,
    deleted,
    deploy_order,
    ecs_exec,
    efs_authorization,
    env_file_absent,
    env_file_arn,
    env_file_content,
    env_file_count,
    env_file_name,
    env_file_type,
    env_file_windows,
    image_host,
    log_group_absent,
    log_options,
    log_region,
    log_router,
    parameter_region,
    platform_version,
    policies_of_one_name,
    role_for_anyone,
    secret_reference,
    secret_value,
)
from tfcheck.checks.mistake import Mistake, Pitfall
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.resolve.locations import Locations
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.finding import Finding, Location, Severity
from tfcheck.world.world import World

PITFALLS: tuple[Pitfall, ...] = (
    env_file_type.PITFALL,
    env_file_arn.PITFALL,
    env_file_name.PITFALL,
    env_file_count.PITFALL,
    env_file_windows.PITFALL,
    platform_version.PITFALL,
    env_file_absent.PITFALL,
    env_file_content.PITFALL,
    image_host.PITFALL,
    secret_reference.PITFALL,
    secret_value.PITFALL,
    parameter_region.PITFALL,
    credential_spec_arn.PITFALL,
    log_options.PITFALL,
    log_region.PITFALL,
    log_group_absent.PITFALL,
    deleted.PITFALL,
    log_router.PITFALL,
    policies_of_one_name.PITFALL,
    role_for_anyone.PITFALL,
    efs_authorization.PITFALL,
    deploy_order.PITFALL,
    ecs_exec.PITFALL,
    credential_in_environment.PITFALL,
)


class Mistakes:
    """What is wrong with the task definitions of one world; each is searched once."""

    def __init__(self, world: World) -> None:
        """Build from the world."""
        self._world = world
        self._found: dict[tuple[str, str], tuple[Mistake, ...]] = {}

    def of(self, task: TaskDefinition, pitfall: Pitfall) -> tuple[Mistake, ...]:
        """Return what definitely breaks one rule."""
        key = str(task.address), pitfall.id
        if key not in self._found:
            self._found[key] = tuple(pitfall.search(task, self._world))
        return self._found[key]


def stopped(task: TaskDefinition, world: World) -> bool:
    """Whether something is wrong with which a task definition of a world definitely cannot start."""
    found = (each for pitfall in PITFALLS for each in world.once(Mistakes).of(task, pitfall))
    return any(each.severity is Severity.ERROR for each in found)


def findings(tasks: Iterable[TaskDefinition], world: World, locations: Locations) -> Iterator[Finding]:
    """Find what definitely breaks a rule of ECS in the world after a change.

    What several tasks share is reported once.
    """
    earlier = tasks_by_address(world.before())
    told: set[tuple[str, str]] = set()
    for task in tasks:
        before = earlier.get(str(task.address))
        for pitfall in PITFALLS:
            for mistake in world.once(Mistakes).of(task, pitfall):
                key = (mistake.address or str(task.address), mistake.message)
                if key not in told:
                    told.add(key)
                    change = "existing" if _was_made(mistake, pitfall, before, world) else "introduced"
                    yield _finding(mistake, pitfall, task, change, locations)


def notes(tasks: Iterable[TaskDefinition], world: World) -> Iterator[str]:
    """Report once per report what is no mistake, and may look like one."""
    yield from deploy_order.notes(tasks, world)


def _was_made(mistake: Mistake, pitfall: Pitfall, before: TaskDefinition | None, world: World) -> bool:
    """Whether the same was wrong before the change, and as bad."""
    earlier = world.before()
    found = earlier.once(Mistakes).of(before, pitfall) if before is not None else ()
    return any(
        each.container == mistake.container
        and each.severity.rank <= mistake.severity.rank
        and equal(each.about, mistake.about) is Truth.TRUE
        for each in found
    )


def _finding(mistake: Mistake, pitfall: Pitfall, task: TaskDefinition, change: str, locations: Locations) -> Finding:
    location, needed_at = _places(mistake, task, locations)
    return Finding(
        rule=pitfall.id,
        severity=mistake.severity,
        task_definition=str(task.address),
        address=mistake.address or str(task.address),
        message=mistake.message,
        explanation=mistake.explanation,
        symptom=mistake.symptom,
        change=change,
        location=location,
        needed_at=needed_at,
    )


def _places(mistake: Mistake, task: TaskDefinition, locations: Locations) -> tuple[Location | None, Location | None]:
    """Point at what is wrong; where that is another resource, also at the containers that need it."""
    if mistake.address is None:
        return locations.of_address(task.address, mistake.argument), None
    return locations.of(mistake.address, mistake.argument), locations.of_address(task.address, "container_definitions")
