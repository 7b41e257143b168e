"""The ECS configuration rules, one module each: misconfigurations that no permission can fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.checks import (
    credential_in_environment,
    credential_spec_arn,
    deleted,
    deploy_order,
    disabled_key,
    ecs_exec,
    efs_anonymous_mount,
    efs_authorization,
    env_file_absent,
    env_file_arn,
    env_file_content,
    env_file_count,
    env_file_name,
    env_file_type,
    env_file_windows,
    foreign_default_key,
    image_host,
    log_group_absent,
    log_options,
    log_region,
    log_router,
    old_revision,
    parameter_region,
    platform_version,
    policies_of_one_name,
    policy_refused,
    policy_size,
    role_for_anyone,
    s3_files_mount,
    secret_reference,
    secret_value,
    storage_key,
)
from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.named_objects import subject
from tfcheck.inventory.world import World, found_once
from tfcheck.resolve.locations import Locations
from tfcheck.symbolic import limits
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.finding import Finding, Severity

_MODULES = (
    *(env_file_type, env_file_arn, env_file_name, env_file_count, env_file_windows, platform_version),
    *(env_file_absent, env_file_content, image_host),
    *(
        secret_reference,
        secret_value,
        parameter_region,
        foreign_default_key,
        disabled_key,
        storage_key,
        credential_spec_arn,
    ),
    *(log_options, log_region, log_group_absent, deleted, old_revision, log_router),
    *(policies_of_one_name, policy_refused, policy_size, role_for_anyone),
    *(efs_authorization, efs_anonymous_mount, s3_files_mount),
    *(deploy_order, ecs_exec, credential_in_environment),
)
CHECKS: tuple[Check, ...] = tuple(each.CHECK for each in _MODULES)


def misconfigurations(task: TaskDefinition, world: World) -> tuple[tuple[Check, Misconfiguration], ...]:
    """Return the rules that a task definition definitely breaks, and how, in the order of the rules."""
    if task.problem == limits.REASON:
        return ()

    def search() -> tuple[tuple[Check, Misconfiguration], ...]:
        found = tuple((check, each) for check in _checks_of(task, world) for each in check.search(task, world))
        if world.certain is world:
            return found
        certain = {(check.id, each.message) for check, each in misconfigurations(task, world.certain)}
        return tuple((check, each) for check, each in found if (check.id, each.message) in certain)

    return found_once(world, ("misconfigurations", task.address), search)


def _checks_of(task: TaskDefinition, world: World) -> Iterable[Check]:
    is_deleted = str(task.address) not in tasks_by_address(world)
    return (each for each in CHECKS if each.of_deleted) if is_deleted else CHECKS


def is_stopped(task: TaskDefinition, world: World) -> bool:
    """Whether a task definition definitely cannot start because it breaks a rule."""
    return any(each.severity is Severity.ERROR for _, each in misconfigurations(task, world))


def findings(tasks: Iterable[TaskDefinition], world: World, locations: Locations) -> Iterator[Finding]:
    """Find the ECS rules that are definitely broken after the change.

    What several tasks share is reported once.
    """
    earlier, now = tasks_by_address(world.before()), tasks_by_address(world)
    deleted_tasks = (task for address, task in earlier.items() if address not in now)
    reported: set[tuple[str, str]] = set()
    for task in (*tasks, *deleted_tasks):
        before = earlier.get(str(task.address))
        for by, misconfiguration in misconfigurations(task, world):
            key = (misconfiguration.address or str(task.address), misconfiguration.message)
            if key not in reported:
                reported.add(key)
                change = "existing" if _was_made(misconfiguration, by, before, world) else "introduced"
                found = _finding(misconfiguration, by, task, change, locations)
                about = SENSITIVE if task.sensitive else subject(misconfiguration.about, world)
                yield msgspec.structs.replace(found, subject=f"{misconfiguration.container or ''}: {about}")


def notes(tasks: Iterable[TaskDefinition], world: World) -> Iterator[str]:
    """Yield notes about what looks like a misconfiguration and is not one, once per report."""
    tasks = tuple(each for each in tasks if each.problem != limits.REASON)
    yield from deploy_order.notes(tasks, world)
    yield from old_revision.notes(tasks, world)


def _was_made(misconfiguration: Misconfiguration, by: Check, before: TaskDefinition | None, world: World) -> bool:
    """Whether the same was wrong before the change, with the same severity."""
    found = misconfigurations(before, world.before()) if before is not None else ()
    return any(
        check is by
        and each.container == misconfiguration.container
        and each.severity.rank <= misconfiguration.severity.rank
        and equal(each.about, misconfiguration.about) is Truth.TRUE
        for check, each in found
    )


def _finding(
    misconfiguration: Misconfiguration, by: Check, task: TaskDefinition, change: str, locations: Locations
) -> Finding:
    from tfcheck.checks.remedies import remedy  # most plans break no rule

    # For another resource, also the containers that need it.
    location, needed_at = locations.of_address(task.address, misconfiguration.argument), None
    if misconfiguration.address is not None:
        location = locations.of(misconfiguration.address, misconfiguration.argument)
        needed_at = locations.of_address(task.address, "container_definitions")
    return Finding(
        rule=by.id,
        severity=misconfiguration.severity,
        task_definition=str(task.address),
        address=misconfiguration.address or str(task.address),
        message=misconfiguration.message,
        explanation=misconfiguration.explanation,
        symptom=misconfiguration.symptom,
        change=change,
        location=location,
        needed_at=needed_at,
        remedy=remedy(by.id, misconfiguration, task),
    )
