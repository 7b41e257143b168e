"""Find the roles that ECS uses for a task definition, and how it assumes them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.iam import Context, PresenceUnknown, service_context
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject, share_equal
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.role import Role, Roles
from tfcheck.startup.launch import instance_role_serves, runs
from tfcheck.startup.runs import TaskRun
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import NAME, Truth, Unknown, identity, text
from tfcheck.vocabulary.arn import Arn
from tfcheck.vocabulary.finding import RoleKind

#: The kinds of roles that a task definition names, and what starts its tasks may replace.
_NAMED = (RoleKind.EXECUTION, RoleKind.TASK)


class RolesOfTask(msgspec.Struct, frozen=True):
    """The roles of one task definition, and its location.

    A task may be placed on an instance with any of the roles in `instances`. `no_instances` says why there are none,
    `no_others` why there are no more. `others` are those that something starts its tasks with instead, or may: what
    does, which kind it replaces, and the role.
    """

    execution: Role | None
    task: Role | None
    instances: tuple[Role, ...]
    no_instances: str
    no_others: str
    on_fargate: bool | None
    surroundings: Surroundings
    others: tuple[tuple[str, RoleKind, Role], ...] = ()

    def role(self, kind: RoleKind) -> Role | None:
        """Return the role of a kind; None if there is none, or if instances have different ones."""
        if kind is RoleKind.EXECUTION:
            return self.execution
        if kind is RoleKind.TASK:
            return self.task
        return self.instances[0] if len(self.instances) == 1 else None

    def other_role(self, kind: RoleKind) -> Role | None:
        """Return the role that often gets a permission in place of the right one."""
        return self.execution if kind is RoleKind.TASK else self.task


class TaskRoles:
    """The roles of the task definitions in one world."""

    def __init__(self, world: World, roles: Roles) -> None:
        self._world = world
        self._roles = roles
        self._found: dict[WorldObject, RolesOfTask] = {}

    def of(self, task: TaskDefinition) -> RolesOfTask:
        """Return the roles of one task definition."""
        if task.resource not in self._found:
            roles, no_roles, no_others = self._instances(task)
            self._found[task.resource] = RolesOfTask(
                instances=roles,
                no_instances=no_roles,
                no_others=no_others,
                execution=self._role("execution_role_arn", task),
                task=self._role("task_role_arn", task),
                on_fargate=task.on_fargate or None,
                surroundings=task.resource.surroundings,
                others=tuple(self._others(task)),
            )
        return self._found[task.resource]

    def _others(self, task: TaskDefinition) -> Iterator[tuple[str, RoleKind, Role]]:
        """Yield the roles that something starts tasks with instead, or may."""
        found = runs(task, self._world)
        listed = (found.definite, found.possible)
        for run in (each for runs_of in listed for each in runs_of.where(_names_roles, self._world)):
            for kind in _NAMED:
                argument = f"{kind.value}_role_arn"
                role = self._roles.of(run.attribute(argument), nameless=run.sensitive(argument))
                if role is not None:
                    yield str(run.address), kind, self._share(role)

    def _instances(self, task: TaskDefinition) -> tuple[tuple[Role, ...], str, str]:
        """Return the roles of a task's instances, why they are unknown, and the assumption that these are all."""
        if instance_role_serves(task, self._world) is not Truth.TRUE:
            return (), "", ""
        from tfcheck.startup.instance_roles import instances

        found = instances(task, self._world)
        roles = [self._roles.of(each, nameless=isinstance(each, Sensitive)) for each in found.roles]
        known = tuple(self._share(each) for each in roles if each is not None)
        # NOTE: a missing role would make others decide.
        if len(known) < len(roles):
            return (), "the role of an instance profile", ""
        return known, found.unknown, found.assumption

    def _role(self, argument: str, task: TaskDefinition) -> Role | None:
        """Return the role, without the name of an unmanaged one if the plan marks that as sensitive."""
        found = self._roles.of(task.resource.attribute(argument), nameless=task.resource.sensitive(argument))
        return None if found is None else self._share(found)

    def _share(self, role: Role) -> Role:
        """Return an equal earlier role, since many unknown or sensitive roles have the same label."""
        return share_equal(self._world, ("role", role.label, identity(role.caller.arn)), role)


def _names_roles(run: WorldObject, _: World) -> bool:
    # NOTE: a service cannot name other roles than its task definition.
    return isinstance(run, TaskRun) and any(run.attribute(f"{kind.value}_role_arn") is not None for kind in _NAMED)


def service_principals(kind: RoleKind, roles: RolesOfTask) -> tuple[str, ...]:
    """Return the service principals that assume a role of a kind: EC2 has another one in China."""
    if kind is not RoleKind.INSTANCE:
        return ("ecs-tasks.amazonaws.com",)
    # NOTE: AWS documents the first for China; policies for all partitions name the second.
    abroad = roles.surroundings.partition == "aws-cn"
    return ("ec2.amazonaws.com.cn", "ec2.amazonaws.com") if abroad else ("ec2.amazonaws.com",)


def trust_context(roles: RolesOfTask, kind: RoleKind) -> Context:
    """Return the condition keys of ECS's call to assume a role for a task of the task definition.

    Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html: the source is the task.
    """
    around = roles.surroundings
    cluster, number = Unknown(reason="the cluster's name", hole=NAME), Unknown(reason="the task's id", hole=NAME)
    source = Arn(around.partition, "ecs", around.region, around.account, text(["task/", cluster, "/", number]))
    # NOTE: AWS does not document whether ECS calls the global endpoint of STS or one in the region of the task.
    found = service_context(source_account=around.account, source_arn=source.as_text())
    # NOTE: AWS documents no source for roles that EC2 assumes.
    return found.extend(dict.fromkeys(_SOURCES, PresenceUnknown())) if kind is RoleKind.INSTANCE else found


_SOURCES = ("aws:SourceAccount", "aws:SourceArn")
