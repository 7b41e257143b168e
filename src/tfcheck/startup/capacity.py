"""Find the capacity that a service runs its tasks on: its own capacity providers, or those of its cluster.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/capacity-launch-type-comparison.html: a launch type
or strategy of the service wins; otherwise its cluster's default strategy decides, and without one it is EC2.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.catalogue import ObjectKind, catalogue
from tfcheck.inventory.world import World, WorldObject, value_if_written
from tfcheck.resolve.blocks import blocks_or_unknown, only_block_or_unknown
from tfcheck.symbolic.beginnings import Beginnings
from tfcheck.symbolic.value import PlainText, Text, Truth, Unknown, Value, display, items
from tfcheck.vocabulary.grouping import group_by_key

FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
#: What `launch_type` may be.
LAUNCH_TYPES = ("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")
CLUSTER = ObjectKind(("aws_ecs_cluster",), aliases=("id",))
_ATTACHMENT = "aws_ecs_cluster_capacity_providers"
_PROVIDER = ObjectKind(("aws_ecs_capacity_provider",), aliases=("id",))


class Capacity(msgspec.Struct, frozen=True):
    """The capacity providers for a service's tasks; `unknown` says why there may be others.

    `named` are how they are called; `launch_type` is what the service says instead, empty where it says nothing.
    """

    named: tuple[Value, ...] = ()
    launch_type: str = ""
    unknown: str = ""


def capacity(service: WorldObject, world: World) -> Capacity:
    """Return the capacity of a service."""
    if own := _strategy(value_if_written(service, "capacity_provider_strategy")):
        return _named_capacity(own, f"the capacity providers of {service.address}")
    launch_type = value_if_written(service, "launch_type")
    if isinstance(launch_type, str) and launch_type in LAUNCH_TYPES:
        return Capacity(launch_type=launch_type)
    if isinstance(launch_type, (Unknown, Text)):
        return Capacity(unknown=f"the launch type of {service.address}")
    return _default(service, world)


def _default(service: WorldObject, world: World) -> Capacity:
    """Return the default strategy of a service's cluster."""
    reference = service.attribute("cluster")
    cluster = catalogue(world, CLUSTER).find(reference, service.surroundings)
    if cluster is None or cluster.address.mode == "data":
        which = f"cluster {display(reference)}" if reference else "the default cluster"
        return Capacity(unknown=f"the default capacity providers of {which}, which is not in the plan")
    found: list[Value] = []
    attachments = list(world.once(_Attachments).on(cluster))
    # NOTE: provider 4.x shows what other resources set, or will, in the cluster too, as it does for buckets.
    if not attachments or cluster.is_configured("default_capacity_provider_strategy") is not False:
        found += _strategy(value_if_written(cluster, "default_capacity_provider_strategy"))
    for each, truth in attachments:
        if truth is Truth.UNKNOWN:
            return Capacity(unknown=f"whether {each.address} is for {cluster.address}")
        found += _strategy(each.attribute("default_capacity_provider_strategy"))
    if not found:
        return Capacity(launch_type="EC2")
    return _named_capacity(found, f"the default capacity providers of {cluster.address}")


def attached_providers(cluster: WorldObject, world: World) -> Value:
    """Return the names of the capacity providers attached to a cluster; unknown if there may be more."""
    found: list[Value] = []
    for each, truth in ((cluster, Truth.TRUE), *world.once(_Attachments).on(cluster)):
        listed = items(value_if_written(each, "capacity_providers"))
        if truth is Truth.UNKNOWN or isinstance(listed, Unknown):
            return Unknown(reason=f"the capacity providers of {each.address}")
        found += [name for name in listed if name not in found]
    return found


class _Attachments:
    """The resources that attach capacity providers to clusters."""

    def __init__(self, world: World) -> None:
        attached = ((each, each.attribute("cluster_name")) for each in world.resources(_ATTACHMENT))
        self._named = Beginnings(attached)
        refers = ((place, name) for place, (_, name) in enumerate(self._named.rows) if isinstance(name, Unknown))
        self._by_owner = group_by_key((name.symbol.owner, place) for place, name in refers if name.symbol is not None)

    def on(self, cluster: WorldObject) -> Iterator[tuple[WorldObject, Truth]]:
        """Yield those that are, or may be, for a cluster, in order."""
        found = self._named.possible(cluster.attribute("name"))
        found |= dict.fromkeys(self._by_owner.get(cluster.address, ()), Truth.TRUE)
        return ((self._named.rows[place][0], truth) for place, truth in sorted(found.items()))


def _strategy(value: Value) -> list[Value]:
    """Return the names in a strategy that tasks are placed by; None represents any number of unknown ones."""
    names: list[Value] = []
    for each in blocks_or_unknown(value):
        if isinstance(each, Unknown):
            names.append(None)
        elif each.get("weight") != 0 or each.get("base") not in (None, 0):
            names.append(each.get("capacity_provider"))
    return names


def _named_capacity(names: list[Value], what: str) -> Capacity:
    """Return the capacity of these providers, or that `what` is open where one of them has no name."""
    for each in names:
        if not isinstance(each, PlainText) or (
            isinstance(each, Unknown) and each.symbol is None and each.shape is None
        ):
            return Capacity(unknown=what)
    return Capacity(tuple(names))


def providers(found: Capacity, service: WorldObject, world: World) -> Iterator[tuple[Value, WorldObject | None]]:
    """Yield the name of each capacity provider, and its resource, if the plan has one."""
    for name in found.named:
        yield name, catalogue(world, _PROVIDER).find(name, service.surroundings)


def launch_types(service: WorldObject, world: World) -> frozenset[str]:
    """Return the launch types that a service definitely uses."""
    found = capacity(service, world)
    kinds = {found.launch_type} if found.launch_type else set()
    for name, resource in providers(found, service, world):
        if name in FARGATE_PROVIDERS:
            kinds.add("FARGATE")
        elif resource is not None and isinstance(
            only_block_or_unknown(resource.attribute("managed_instances_provider")), dict
        ):
            kinds.add("MANAGED_INSTANCES")
    return frozenset(kinds)
