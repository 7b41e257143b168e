"""Find the roles of the container instances for the tasks of a task definition.

They are found from the capacity provider by way of its Auto Scaling group, launch template or launch configuration, and
instance profile (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html). If a task may run
on other instances, for example one that registers itself, the role is unknown.

An instance joins the cluster that the ECS agent's configuration names, which user data writes
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bootstrap_container_instance.html). The Auto Scaling groups
of a cluster's capacity providers are for that cluster.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Hashable, Iterator

import msgspec

from tfcheck.hcl.functions.encoding import base64decode
from tfcheck.inventory.catalogue import ObjectKind, catalogue
from tfcheck.inventory.change import is_created, is_new
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World, WorldObject, find_object, value_if_written
from tfcheck.resolve.blocks import blocks, blocks_or_unknown, only_block_or_unknown
from tfcheck.startup.capacity import CLUSTER, FARGATE_PROVIDERS, Capacity, attached_providers, capacity, providers
from tfcheck.startup.launch import runs
from tfcheck.startup.run_index import Runs
from tfcheck.symbolic.beginnings import distinct
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Text, Truth, Unknown, Value, display, items, pieces

_GROUP = ObjectKind(("aws_autoscaling_group",), aliases=("id",))
_TEMPLATE = ObjectKind(("aws_launch_template",), names=("name", "id"))
_CONFIGURATION = ObjectKind(("aws_launch_configuration",), aliases=("id",))
_PROFILE = ObjectKind(("aws_iam_instance_profile",), aliases=("id",), looked_up=True)
_ROLE = ObjectKind(("aws_iam_role",), aliases=("id",))


class Instances(msgspec.Struct, frozen=True, eq=False):
    """The roles of the instances that may run a task; `unknown` says why there may be others.

    `assumption` says which other instances are taken not to be there.
    """

    roles: tuple[Value, ...] = ()
    unknown: str = ""
    assumption: str = ""


class _UnknownError(Exception):
    """A role cannot be determined; the argument says what would decide it."""


def instances(task: TaskDefinition, world: World) -> Instances:
    """Return the roles of the container instances that may run a task."""
    return world.once(_Instances).of(task)


def _instances_of_run(run: WorldObject, world: World) -> Instances:
    return world.once(_Instances).of_run(run)


class _Instances:
    """The roles of the container instances of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[str, Instances] = {}
        self._alike: dict[Hashable, Instances] = {}
        self._assumed: dict[str, None] = {}

    def of(self, task: TaskDefinition) -> Instances:
        key = str(task.address)
        if key not in self._found:
            self._found[key] = self._of_runs(runs(task, self._world))
        return self._found[key]

    def _of_runs(self, running: Runs) -> Instances:
        if running.possible:
            return Instances(unknown=f"whether {next(iter(running.possible)).address} runs it")
        if not running.definite:
            return Instances(unknown="which instances it runs on: nothing in the plan runs it")
        found = running.definite.distinct(_instances_of_run, self._world)
        unknown = next((each for each in found if each.unknown), None)
        if unknown is not None:
            return unknown
        assumed = dict.fromkeys(each.assumption for each in found if each.assumption)
        return Instances(tuple(distinct(role for each in found for role in each.roles)), "", " and ".join(assumed))

    def of_run(self, run: WorldObject) -> Instances:
        """Return the roles of the instances for one run, as one object for all runs with the same ones."""
        self._assumed.clear()
        try:
            roles = tuple(distinct(self._roles(run)))
        except _UnknownError as error:
            return Instances(unknown=str(error))
        found = Instances(roles, "", " and ".join(self._assumed))
        # NOTE: a marked text is equal to the same text without a mark, and must not be replaced by it.
        if any(type(each) not in (str, Unknown) for each in roles):
            return found
        return self._alike.setdefault((found.assumption, *roles), found)

    def _roles(self, run: WorldObject) -> Iterator[Value]:
        found = capacity(run, self._world)
        if found.unknown:
            raise _UnknownError(found.unknown)
        if not found.named:
            yield from self._cluster_roles(run)
        for name, provider in providers(found, run, self._world):
            if name not in FARGATE_PROVIDERS:
                yield self._provider_role(name, provider)

    def _cluster_roles(self, service: WorldObject) -> Iterator[Value]:
        """Yield the roles of all instances in a cluster, any of which may run the tasks."""
        found = instances_of_cluster(service, self._world)
        if found.unknown or found.is_empty or found.cluster is None:
            cluster = display(service.attribute("cluster") or "default")
            why = found.unknown or "no instance of the plan names it in its user data"
            raise _UnknownError(
                f"which instances are in cluster {cluster}: {service.address} names no capacity provider, so that any "
                f"of them may run it ({why})"
            )
        for name, provider in found.providers:
            yield self._provider_role(name, provider)
        for each in found.launching:
            yield from self._launched_roles(each)
        self._assumed[f"assumes that {found.cluster.address} has no instances besides those in the plan"] = None

    def _launched_roles(self, resource: WorldObject) -> Iterator[Value]:
        """Yield the role of an instance, or of the groups that use a launch template."""
        if resource.address.type in INSTANCES:
            yield self._role(_profile_value(resource.attribute("iam_instance_profile"), resource), resource)
            return
        for group in self._world.resources(*_GROUP.types):
            if any(each.address == resource.address for each in self._templates(group)):
                yield self._group_role(group)

    def _provider_role(self, name: Value, provider: WorldObject | None) -> Value:
        if provider is None:
            raise _UnknownError(f"capacity provider {display(name)}, which is not in the plan")
        block = only_block_or_unknown(provider.attribute("auto_scaling_group_provider"))
        group = catalogue(self._world, _GROUP).find(member(block, "auto_scaling_group_arn"), provider.surroundings)
        if group is None:
            raise _UnknownError(f"the Auto Scaling group of {provider.address}, which is not in the plan")
        return self._group_role(group)

    def _group_role(self, group: WorldObject) -> Value:
        profiles = list(distinct(self.profiles(group)))
        if len(profiles) != 1:
            raise _UnknownError(f"the instance profile of {group.address}: it has several launch templates")
        self._refuse_changed(group, profiles[0])
        return self._role(profiles[0], group)

    def _refuse_changed(self, group: WorldObject, profile: Value) -> None:
        """Raise if existing instances of the group keep another profile."""
        before = self._world.before()
        existing = find_object(group.address, before)
        if before is self._world or existing is None:
            return
        try:
            earlier = list(distinct(before.once(_Instances).profiles(existing)))
        except _UnknownError:
            earlier = []
        now = _profile_label(self._world, profile, group)
        then = _profile_label(before, earlier[0] if len(earlier) == 1 else None, existing)
        resource = catalogue(self._world, _PROFILE).find(profile, group.surroundings)
        replaced = resource is not None and is_created(resource, self._world)
        if now is None or now != then or replaced:
            raise _UnknownError(
                f"the instance profile of the instances that {group.address} launched before this change"
            )

    def _role(self, profile: Value, group: WorldObject) -> Value:
        resource = catalogue(self._world, _PROFILE).find(profile, group.surroundings)
        if resource is None:
            raise _UnknownError(f"instance profile {display(profile)}, which is not in the plan")
        role = resource.attribute("role_arn" if resource.address.mode == "data" else "role")
        if role is None or role == "" or (isinstance(role, Unknown) and role.symbol is None and role.shape is None):
            raise _UnknownError(f"the role of {resource.address}")
        return self._in_account(role, resource)

    def _in_account(self, role: Value, profile: WorldObject) -> Value:
        """Return a role in the account of its profile, since another account may have one with the same name."""
        found = catalogue(self._world, _ROLE).find(role, profile.surroundings)
        if found is not None:
            return found.attribute("arn")
        named = isinstance(role, str) and not role.startswith("arn:")
        others = self._world.resources(*_ROLE.types) if named else ()
        if any(equal(role, each.attribute("name")) is not Truth.FALSE for each in others):
            raise _UnknownError(f"which role {display(role)} of {profile.address} is")
        return role

    # From the group to what its instances are launched with

    def profiles(self, group: WorldObject) -> Iterator[Value]:
        """Yield the instance profiles, by name or ARN, of instances in a group."""
        for template in self._templates(group):
            if template.address.type == "aws_launch_configuration":
                yield _profile_value(template.attribute("iam_instance_profile"), template)
                continue
            block = only_block_or_unknown(template.attribute("iam_instance_profile"))
            arn, name = member(block, "arn"), member(block, "name")
            yield _profile_value(name if arn is None or arn == "" else arn, template)

    def _templates(self, group: WorldObject) -> Iterator[WorldObject]:
        configuration = group.attribute("launch_configuration")
        configurations = catalogue(self._world, _CONFIGURATION)
        resource = configurations.find(configuration, group.surroundings) if configuration else None
        if resource is not None:
            yield resource
            return
        specified = list(self._launch_templates(group))
        if not specified:
            raise _UnknownError(f"the launch template of {group.address}, which is not in the plan")
        for each, path in specified:
            yield self._template(each, path, group)

    def _launch_templates(self, group: WorldObject) -> Iterator[tuple[Value, str]]:
        """Yield the launch templates of a group, including overrides for instance types, each with its block's path."""
        # NOTE: a group has one of the two, and the provider does not know the other while planning.
        own = blocks(group.attribute("launch_template"))
        yield from ((each, "launch_template") for each in own)
        for policy in () if own else blocks_or_unknown(group.attribute("mixed_instances_policy")):
            for template in _inner(policy, "launch_template"):
                path, inner = "mixed_instances_policy.launch_template", "launch_template_specification"
                yield from ((each, f"{path}.{inner}") for each in _inner(template, inner))
                # NOTE: AWS adds no overrides, although the provider does not know that while planning.
                may_override = group.is_configured(f"{path}.override") is not False
                for override in _inner(template, "override") if may_override else ():
                    yield from ((each, f"{path}.override.{inner}") for each in _inner(override, inner))

    def _template(self, specified: Value, path: str, group: WorldObject) -> WorldObject:
        names = [member(specified, each) for each in ("id", "launch_template_id", "name", "launch_template_name")]
        found = (catalogue(self._world, _TEMPLATE).find(each, group.surroundings) for each in names if each)
        template = next((each for each in found if each is not None), None)
        if template is None:
            raise _UnknownError(f"the launch template of {group.address}, which is not in the plan")
        version = member(specified, "version")
        if isinstance(version, Unknown) and group.is_configured(f"{path}.version") is False:
            version = None
        if not self._is_current(template, version):
            raise _UnknownError(f"the version of {template.address} that {group.address} uses")
        return template

    def _is_current(self, template: WorldObject, version: Value) -> bool:
        """Whether a version of a template is definitely the one in the plan."""
        if version in (None, "", "$Default") or _is_reference_to(version, template, "default_version"):
            default, latest = template.attribute("default_version"), template.attribute("latest_version")
            is_latest = isinstance(latest, int) and default == latest
            return is_latest or is_new(template, self._world) or template.attribute("update_default_version") is True
        if version == "$Latest" or _is_reference_to(version, template, "latest_version"):
            return True
        latest = template.attribute("latest_version")
        return isinstance(latest, int) and str(version) == str(latest)


def _inner(value: Value, name: str) -> list[dict[str, Value] | Unknown]:
    return blocks_or_unknown(value if isinstance(value, Unknown) else member(value, name))


def _profile_value(profile: Value, template: WorldObject) -> Value:
    if profile is None or profile == "":
        raise _UnknownError(f"the instance profile of {template.address}, which names none")
    return profile


def _is_reference_to(value: Value, resource: WorldObject, attribute: str) -> bool:
    symbol = value.symbol if isinstance(value, Unknown) else None
    return symbol is not None and (symbol.owner, symbol.path) == (resource.address, (attribute,))


def _profile_label(world: World, profile: Value, near: WorldObject) -> str | None:
    """Return the label of a profile in both worlds: its resource's address, otherwise its name."""
    resource = catalogue(world, _PROFILE).find(profile, near.surroundings)
    if resource is not None:
        return str(resource.address)
    return profile.rpartition("/")[2] if isinstance(profile, str) else None


# What launches the instances of a cluster

INSTANCES = ("aws_instance", "aws_spot_instance_request")
#: Resources that launch instances; fleets do not show what they launch.
LAUNCHING = (*INSTANCES, "aws_launch_template", "aws_launch_configuration")
_FLEETS = ("aws_spot_fleet_request", "aws_ec2_fleet")
#: In the agent's configuration, in Bottlerocket's settings, and in the call that starts the agent on Windows.
_CLUSTER_NAME = regex(r"""(?:ECS_CLUSTER["']?\s*=|^[ \t]*cluster[ \t]*=|-Cluster\s)\s*["']?([^\s"'`]+)""", re.MULTILINE)
#: The mark for unknown user data, which no text contains.
_OPEN = "\0"
#: A hash that the provider keeps of user data in some resources.
_HASH = regex(r"[0-9a-f]{40}")


class ClusterInstances(msgspec.Struct, frozen=True):
    """What launches the instances of a cluster, the cluster, and its attached capacity providers.

    `unknown` says why others may be in it.
    """

    cluster: WorldObject | None = None
    launching: tuple[WorldObject, ...] = ()
    providers: tuple[tuple[Value, WorldObject | None], ...] = ()
    unknown: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the plan shows no instances in the cluster."""
        return not self.launching and not self.providers


def instances_of_cluster(service: WorldObject, world: World) -> ClusterInstances:
    """Return what launches the instances of a service's cluster."""
    cluster = catalogue(world, CLUSTER).find(service.attribute("cluster"), service.surroundings)
    name = cluster.attribute("name") if cluster is not None else None
    if cluster is None or cluster.address.mode == "data" or not isinstance(name, str):
        return ClusterInstances(unknown="the plan does not have the cluster")
    fleets = world.resources(*_FLEETS)
    if fleets:
        return ClusterInstances(unknown=f"whether instances of {fleets[0].address} join it")
    listed = items(attached_providers(cluster, world))
    if isinstance(listed, Unknown):
        return ClusterInstances(unknown="its capacity providers")
    launching = []
    for launcher in world.resources(*LAUNCHING):
        joined = list(_clusters(launcher))
        if None in joined:
            unknown = f"whether the instances of {launcher.address}, whose user data is not known, join it"
            return ClusterInstances(unknown=unknown)
        called = (each for each in joined if each)
        if any(each == name or (each.startswith("arn:") and each.endswith(f":cluster/{name}")) for each in called):
            launching.append(launcher)
    attached = Capacity(tuple(each for each in listed if each not in FARGATE_PROVIDERS))
    return ClusterInstances(cluster, tuple(launching), tuple(providers(attached, service, world)))


def _clusters(resource: WorldObject) -> Iterator[str | None]:
    """Yield the names of clusters in the available user data; None is an unknown name or unknown user data."""
    for argument in ("user_data", "user_data_base64"):
        value = value_if_written(resource, argument)
        if value is None or value == "":
            continue
        written = _decode_user_data(value)
        names = _CLUSTER_NAME.findall(written) if written is not None else [_OPEN]
        yield from (None if _OPEN in each else each for each in names)


def _decode_user_data(value: Value) -> str | None:
    """Return user data with a mark for unknown parts; None if these may name a cluster."""
    if isinstance(value, str) and not _HASH.fullmatch(value):
        try:
            return base64.b64decode(value, validate=True).decode("utf-8", "replace") if value.strip() else ""
        except ValueError:
            return value
    if not isinstance(value, (Text, Unknown)):
        return None
    plain = base64decode(value)
    parts = pieces(plain if isinstance(plain, Text) else value)
    for each in parts:
        # An unknown piece may contain the assignment before a cluster's name.
        if not isinstance(each, (str, Unknown)) or (isinstance(each, Unknown) and any(map(each.hole.allows, "=\n\t "))):
            return None
    return "".join(each if isinstance(each, str) else _OPEN for each in parts)
