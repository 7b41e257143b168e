"""Find what the tasks of a service need and what is created or changed only after the service has started.

Follows https://developer.hashicorp.com/terraform/internals/graph: what a service does not wait for may come later.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TypeVar

from tfcheck import startup
from tfcheck.checks.named_objects import files, starting_services, stored_values
from tfcheck.inventory.catalogue import LOG_GROUP, OBJECT, SECRET, catalogue
from tfcheck.inventory.change import is_changed, is_new, object_before
from tfcheck.inventory.ecs import TaskDefinition, task_definitions
from tfcheck.inventory.world import World, WorldObject, WorldView, found_once
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.role import Roles
from tfcheck.role.grants import known_arn
from tfcheck.startup import existence
from tfcheck.startup.awslogs_options import awslogs
from tfcheck.startup.source import ValueStore
from tfcheck.symbolic.value import PlainText, Text, Truth, Unknown, Value, items
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.finding import RoleKind, Verdict
from tfcheck.vocabulary.grouping import group_by_key

T = TypeVar("T")
#: The argument that names the role for each type of grant, and those that a change may update.
_GRANTS = {
    "aws_iam_role_policy": ("role", ("role", "policy")),
    "aws_iam_role_policy_attachment": ("role", ("role", "policy_arn")),
    "aws_iam_policy_attachment": ("roles", ("roles", "policy_arn")),
}
_VERSION = "aws_secretsmanager_secret_version"
#: The roles that a task definition names.
_KINDS = (RoleKind.EXECUTION, RoleKind.TASK)
#: Types that are created in a moment, so that waiting for them delays nothing.
_QUICK = ("aws_iam_", "random_", "tls_", "local_", "null_", "terraform_data", "aws_secretsmanager_secret")


def late_resources(service: WorldObject, task: TaskDefinition, world: World) -> list[WorldObject]:
    """Return the needed resources that a service definitely does not wait for."""
    needed: dict[str, WorldObject] = {}
    for kind in _KINDS:
        grants = late_grants(service, task, kind, world)
        # Many services share a task definition.
        key = ("needed grants", task.address, kind, *(each.address for each in grants))
        late = found_once(world, key, partial(_needed_grants, grants, task, kind, world)) if grants else []
        needed.update({str(each.address): each for each in late})
    earlier = world.earlier(service.address)
    named = found_once(world, ("named objects", task.address), lambda: _named_objects(task, world))
    versions = {str(each.address): each for each in _versions(service, task, world)}
    found = (each for each in {**named, **versions}.values() if is_new(each, world))
    return [*needed.values(), *(each for each in found if not earlier.may_include(each.address.config))]


def later_dependencies(resource: WorldObject, service: WorldObject, world: World) -> Iterator[str]:
    """Yield slow resources that the plan creates and that `resource` waits for, but not the service."""
    earlier = world.earlier(service.address)
    for config in sorted(world.earlier(resource.address).resources):
        if earlier.may_include(config):
            continue
        kind = config.split(".")[-2]
        if not config.startswith("data.") and ".data." not in config and not kind.startswith(_QUICK):
            made = (each for each in world.resources(kind) if each.address.config == config and is_new(each, world))
            yield from (str(each.address) for each in made)


# Grants


def late_grants(service: WorldObject, task: TaskDefinition, kind: RoleKind, world: World) -> list[WorldObject]:
    """Return the new and changed grants of a task's role that a service definitely does not wait for."""
    earlier = world.earlier(service.address)
    return [each for each in _grants(task, kind, world) if not earlier.may_include(each.address.config)]


def _grants(task: TaskDefinition, kind: RoleKind, world: World) -> list[WorldObject]:
    """Return the grants of a task's role that the change creates or changes."""
    role = world.once(Judge).roles.resource(task.execution_role if kind is RoleKind.EXECUTION else task.task_role)
    return world.once(_grants_by_role).get(str(role.address), []) if role is not None else []


def _grants_by_role(world: World) -> dict[str, list[WorldObject]]:
    # NOTE: only roles with definite grants; a possible grant is not definitely late.
    roles = world.once(Judge).roles
    found = (
        (roles.resource(each), grant) for grant, reference in _changed_grants(world) for each in _roles_in(reference)
    )
    return group_by_key((str(role.address), grant) for role, grant in found if role is not None)


def _changed_grants(world: World) -> Iterator[tuple[WorldObject, Value]]:
    """Yield the grants that the change creates or changes, each with the role or the roles that it names."""
    changed = [each for each in world.resources("aws_iam_policy") if is_changed(each, ("policy",), world)]
    policies = {each.attribute("arn"): each for each in changed if isinstance(each.attribute("arn"), str)}
    for kind, (argument, attributes) in _GRANTS.items():
        for grant in world.resources(kind):
            arn = grant.attribute("policy_arn")
            if is_changed(grant, attributes, world):
                yield grant, grant.attribute(argument)
            elif isinstance(arn, str) and arn in policies:
                yield policies[arn], grant.attribute(argument)


def _roles_in(reference: Value) -> Sequence[Value]:
    listed = (reference,) if isinstance(reference, (str, Text)) else items(reference)
    return (listed,) if isinstance(listed, Unknown) else listed


def _needed_grants(
    grants: Sequence[WorldObject], task: TaskDefinition, kind: RoleKind, world: World
) -> list[WorldObject]:
    """Return the late grants of permissions that are denied until these grants exist."""
    judge, too_early = world.once(Judge), world.once(_WorldAtServiceStart).judge(grants)
    needs = (each for each in startup.requirements(task, world) if each.role_kind is kind)
    late = (each for each in needs if too_early.verdict(each, task) is Verdict.DENIED)
    judged = [found for each in late if (found := judge.judge(each, task)).verdict is Verdict.ALLOWED]
    by = {each.policy for found in judged for each in found.evidence}
    needed = [each for each in grants if _policy(each, judge.roles) in by]
    # NOTE: the policy may have no name to show.
    return needed or list(grants if judged else ())


def _policy(grant: WorldObject, roles: Roles) -> str:
    """Return the name of a grant's policy in evidence."""
    if "policy_arn" not in _GRANTS.get(grant.address.type, ("", ()))[1]:
        return str(grant.address)
    found = roles.policies.by_arn(known_arn(grant.attribute("policy_arn"))).policy
    return next((each.origin.policy for each in found.statements), "") if found else ""


class _WorldAtServiceStart:
    """The world when services start: grants that no service waits for are as before the change.

    If only some services of a role wait for a grant, the two groups have separate worlds.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._judges: dict[frozenset[str], Judge] = {}
        self._late: dict[str, WorldObject | None] = {}
        self._in_time: set[str] = set()
        for task in task_definitions(world):
            for service, kind in itertools.product(starting_services(task, world), _KINDS):
                found = late_grants(service, task, kind, world)
                self._late.update({str(each.address): object_before(each, world) for each in found})
                others = (each for each in _grants(task, kind, world) if each not in found)
                self._in_time.update(str(each.address) for each in others)

    def judge(self, grants: Sequence[WorldObject]) -> Judge:
        """Return the judge for the moment when a service starts without these late grants."""
        own = frozenset(str(each.address) for each in grants) & self._in_time
        if own not in self._judges:
            late = {name: each for name, each in self._late.items() if name not in self._in_time or name in own}
            self._judges[own] = Judge(_WorldAsBefore(self._world, late))
        return self._judges[own]


class _WorldAsBefore(WorldView):
    """A world in which some resources are as before the change, or do not exist yet."""

    def __init__(self, world: World, earlier: dict[str, WorldObject | None]) -> None:
        super().__init__(world)
        self._earlier = earlier

    def resources(self, *types: str) -> Sequence[WorldObject]:
        found = (self._earlier.get(str(each.address), each) for each in super().resources(*types))
        return [each for each in found if each is not None]


# Files, groups and values


def _named_objects(task: TaskDefinition, world: World) -> dict[str, WorldObject]:
    """Return the files, log groups and parameters that a task definition names, by address."""
    values = stored_values(task, world)
    parameters = (found for _, source, found in values if source.store is ValueStore.PARAMETER_STORE and found)
    return {str(each.address): each for each in (*_files(task, world), *_groups(task, world), *parameters)}


def _files(task: TaskDefinition, world: World) -> Iterator[WorldObject]:
    for file in files(task):
        holder = catalogue(world, OBJECT).find_by_arn(file.value)
        if holder is not None:
            yield holder


def _groups(task: TaskDefinition, world: World) -> Iterator[WorldObject]:
    for log in awslogs(task, world):
        named = existence.named_at(log.group, task.resource.surroundings, log.region)
        around = task.resource.surroundings
        region = named.region if isinstance(named.region, PlainText) else around.region
        near = Surroundings(around.partition, region, around.account)
        group = catalogue(world, LOG_GROUP).find_by_name(log.group, near) if log.makes_no_group else None
        if group is not None and existence.has_name(group, named) is Truth.TRUE:
            yield group


def _versions(service: WorldObject, task: TaskDefinition, world: World) -> Iterator[WorldObject]:
    """Yield the only version of each secret named by a plain string; for a reference, only a late version.

    A service that refers to a secret waits for it, and its value follows in a moment, unless the value waits for more.
    """
    earlier = world.earlier(service.address)
    for _, source, secret in stored_values(task, world):
        is_secret = secret is not None and source.store is ValueStore.SECRETS_MANAGER
        found = world.once(_versions_by_secret).get(str(secret.address), []) if secret is not None and is_secret else []
        if secret is not None and len(found) == 1:
            is_named = secret.address.mode == "managed" and earlier.may_include(secret.address.config)
            if not is_named or any(True for _ in later_dependencies(found[0], service, world)):
                yield found[0]


def _versions_by_secret(world: World) -> dict[str, list[WorldObject]]:
    """Index the versions of secrets by the address of the secret that they definitely belong to."""
    secrets, versions = catalogue(world, SECRET), world.resources(_VERSION)
    found = ((secrets.find(each.attribute("secret_id"), each.surroundings), each) for each in versions)
    return group_by_key((str(secret.address), each) for secret, each in found if secret is not None)
