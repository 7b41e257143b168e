"""Find the services that run a task definition, what else starts its tasks, and how.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_types.html. On EC2, a task without an
execution role pulls images and writes logs with the role of its container instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject, value_if_written
from tfcheck.startup.capacity import capacity, launch_types, providers
from tfcheck.startup.run_index import RunIndex, Runs
from tfcheck.symbolic.value import Text, Truth, Unknown
from tfcheck.vocabulary.finding import Requirement, RoleKind

_NEVER_BY_INSTANCE = frozenset(("FARGATE", "EXTERNAL", "MANAGED_INSTANCES"))


def runs(task: TaskDefinition, world: World) -> Runs:
    """Return everything that runs, or may run, a task definition."""
    return world.once(RunIndex).of(task)


def services(task: TaskDefinition, world: World) -> tuple[WorldObject, ...]:
    """Return the services that definitely run a task definition."""
    return runs(task, world).definite.where(_is_service, world)


def possible_services(task: TaskDefinition, world: World) -> tuple[WorldObject, ...]:
    """Return the services that may run a task definition."""
    return runs(task, world).possible.where(_is_service, world)


def _is_service(run: WorldObject, _: World) -> bool:
    return run.address.type == "aws_ecs_service"


# The role that pulls and logs


def requirements_of_launch(needs: Iterable[Requirement], task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield requirements for images and logs with the role that is used for them."""
    by_instance: Truth | None = None
    for each in needs:
        if by_instance is None:
            by_instance = instance_role_serves(task, world)
        if by_instance is Truth.TRUE:
            yield msgspec.structs.replace(each, role_kind=RoleKind.INSTANCE)
        elif by_instance is Truth.UNKNOWN:
            yield doubt_requirement(each, "whether its tasks run on Fargate, which the plan does not show")
        elif each.action.startswith("ecr:") and _only_outside_aws(task, world):
            doubt = "whether the role of the external instance, which the plan does not show, pulls it"
            yield doubt_requirement(each, doubt)
        else:
            yield each


def _only_outside_aws(task: TaskDefinition, world: World) -> bool:
    """Whether a task without an execution role runs on external instances, whose own role may pull images.

    On none of the others that it runs on is an execution role needed for that.

    Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-iam.html.
    """
    if task.execution_role not in (None, ""):
        return False
    kinds = _kinds(task, world)
    return "EXTERNAL" in kinds and not kinds & {"FARGATE", "MANAGED_INSTANCES"}


def doubt_requirement(need: Requirement, doubt: str) -> Requirement:
    """Add a doubt to a requirement; an earlier doubt stays the reason."""
    if need.necessity.doubt:
        return need
    return msgspec.structs.replace(need, necessity=msgspec.structs.replace(need.necessity, doubt=doubt))


def instance_role_serves(task: TaskDefinition, world: World) -> Truth:
    """Whether the container instance pulls images and writes logs: no execution role, and EC2 only.

    That nothing is seen to start its tasks proves nothing: what does may be elsewhere.
    """
    if task.execution_role not in (None, "") or _kinds(task, world) & _NEVER_BY_INSTANCE:
        return Truth.FALSE
    if not _may_run_on_fargate(task):
        return Truth.TRUE
    running = runs(task, world)
    is_known = running.definite and not running.possible and all(running.definite.distinct(_names_its_launch, world))
    return Truth.TRUE if is_known else Truth.UNKNOWN


def _kinds(task: TaskDefinition, world: World) -> set[str]:
    """Return the launch types that a task definition requires, or that its services definitely use.

    Of several that it asks for, only Fargate's is certain to count: ECS refuses to register it without what that needs.
    """
    asked = {each for each in task.compatibilities if isinstance(each, str)}
    asked = asked & {"FARGATE"} if "EC2" in asked else asked
    return asked.union(*runs(task, world).definite.distinct(launch_types, world))


def _names_its_launch(service: WorldObject, world: World) -> bool:
    """Whether a service's capacity is known, from itself or its cluster, and cannot be Fargate."""
    found = capacity(service, world)
    named = providers(found, service, world)
    return not found.unknown and all(isinstance(name, str) or resource for name, resource in named)


def _may_run_on_fargate(task: TaskDefinition) -> bool:
    """Whether a task may run on Fargate: it has the network mode `awsvpc`, and a size."""
    if task.compatibilities == ("EC2",):
        return False
    mode = value_if_written(task.resource, "network_mode")
    sized = all(value_if_written(task.resource, each) not in (None, "") for each in ("cpu", "memory"))
    return sized and (mode == "awsvpc" or isinstance(mode, (Unknown, Text)))
