"""Allow ECS to assume the roles that the task definition names.

ECS assumes the execution role to prepare the task, and the task role for the code in its containers. The trust policy
of each role must allow `sts:AssumeRole` to the service `ecs-tasks.amazonaws.com`. Conditions on `aws:SourceAccount` and
`aws:SourceArn` can restrict this to your own account and region, but not to one cluster. The roles must be in the
account of the task definition.

Without an execution role, a task on EC2 uses the role of its container instance for images and logs. That role must
trust `ec2.amazonaws.com` instead.

Otherwise tasks do not start: `ECS was unable to assume the role`.

Write into the role:

    assume_role_policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
    })

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.startup import image, log_group
from tfcheck.startup.launch import instance_role_serves
from tfcheck.startup.rule import Rule, TaskPlace
from tfcheck.symbolic.value import PlainText, Truth, Value
from tfcheck.vocabulary.finding import Requirement, RoleKind

ID = "trust"
ACTION = "sts:AssumeRole"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the requirement that every named role can be assumed."""
    named = (
        (RoleKind.EXECUTION, "/executionRoleArn", "execution_role_arn"),
        (RoleKind.TASK, "/taskRoleArn", "task_role_arn"),
    )
    for kind, pointer, argument in named:
        role = task.resource.attribute(argument)
        if role is not None and role != "":
            place = TaskPlace(task, None, pointer, f"{kind.value} role of the task", kind)
            yield _to_assume(role, place, sensitive=task.resource.sensitive(argument))

    yield from _instance_trust(task, world)


def _to_assume(role: Value, place: TaskPlace, *, sensitive: bool) -> Requirement:
    found = place.require(ID, ACTION, role if isinstance(role, PlainText) else "*")
    return msgspec.structs.replace(found, sensitive=sensitive)


def _instance_trust(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the requirement that EC2 can assume the instances' role, if that pulls the images or writes the logs."""
    if instance_role_serves(task, world) is not Truth.TRUE:
        return
    from tfcheck.startup.instance_roles import instances

    roles = instances(task, world).roles
    if roles and (any(image.image_requirements(task, world)) or any(log_group.log_requirements(task, world))):
        what = "role of the container instances, which serves a task without an execution role"
        place = TaskPlace(task, None, "/executionRoleArn", what, RoleKind.INSTANCE)
        yield _to_assume(roles[0] if len(roles) == 1 else "*", place, sensitive=False)


RULE = Rule(
    id=ID,
    title="roles that ECS is allowed to assume",
    manual=__doc__,
    derive=_derive,
    symptoms={
        ACTION: (
            "ECS was unable to assume the role that was provided for this task. Please verify that the role being "
            "passed has the proper trust relationship and permissions"
        )
    },
)
