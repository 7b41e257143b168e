"""Find what launches the container instances in a cluster.

An instance joins the cluster that the ECS agent's configuration names, which user data writes
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bootstrap_container_instance.html). The Auto Scaling groups
of a cluster's capacity providers are for that cluster.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import msgspec

from tfcheck.hcl.functions.encoding import base64decode
from tfcheck.inventory.catalogue import catalogue
from tfcheck.inventory.world import World, WorldObject
from tfcheck.startup.capacity import CLUSTER, FARGATE_PROVIDERS, Capacity, attached_providers, providers
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Text, Unknown, Value, items, pieces

INSTANCES = ("aws_instance", "aws_spot_instance_request")
#: Resources that launch instances, and the path to their user data. Fleets do not show what they launch.
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
        value = resource.attribute(argument)
        if isinstance(value, Unknown) and resource.is_configured(argument) is False:
            continue
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
