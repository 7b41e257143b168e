"""The resources at one time: the interface of worlds and their objects, and what is found in any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar, cast

from tfcheck.resolve.order import FinishedBefore
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.doubt import ASK_SOURCES, Doubt, DoubtKind, question
from tfcheck.symbolic.value import Truth, Unknown, Value
from tfcheck.vocabulary.address import Address, ModulePath

T = TypeVar("T")


class WorldObject(Protocol):
    """One resource instance, or data source, in one world."""

    @property
    def address(self) -> Address:
        """Its address after the change."""

    def attribute(self, name: str) -> Value:
        """Return an attribute's value; None if it is not set."""

    def sensitive(self, name: str) -> bool:
        """Whether the plan marks the attribute, or part of it, as sensitive."""

    def is_configured(self, name: str) -> bool | None:
        """Whether an argument is written for it and not null; None if that is unknown."""

    @property
    def is_abandoned(self) -> bool:
        """Whether it stays in AWS although the change creates another one at its address, as a task definition may."""

    @property
    def is_forgotten(self) -> bool:
        """Whether it stays in AWS, but Terraform no longer manages it after the change."""

    @property
    def is_left_out(self) -> bool:
        """Whether the plan does not list it, so that it may not exist."""

    def remains_on(self, named: Value) -> Truth:
        """Whether it is still on the resource that it names, which the change may replace."""

    @property
    def surroundings(self) -> Surroundings:
        """Its partition, region and account."""


def value_if_written(resource: WorldObject, argument: str) -> Value:
    """Return an argument; one that AWS chooses because it is not written counts as not set."""
    value = resource.attribute(argument)
    return None if isinstance(value, Unknown) and resource.is_configured(argument) is False else value


class World(Protocol):
    """All resources of a plan at one time."""

    def resources(self, *types: str) -> Sequence[WorldObject]:
        """Return the managed resources of these types, in the plan's order."""

    def looked_up(self, *types: str) -> Sequence[WorldObject]:
        """Return the data sources of these types."""

    def texts_read(self) -> frozenset[str]:
        """Return the strings that data sources have read, including remote states."""

    def module_from_elsewhere(self, module: ModulePath) -> str:
        """Return the name of the module, or enclosing one, from outside the configuration; empty if none is."""

    def named_documents(self, resource: WorldObject, argument: str) -> Sequence[WorldObject]:
        """Return the policy documents that an argument names in the plan's configuration."""

    def before(self) -> World:
        """Return the world before the change."""

    @property
    def planned_at(self) -> str:
        """When the plan was made, which is before any call of a task; empty if it is not recorded."""

    @property
    def context(self) -> Sequence[World]:
        """The other known stacks at the same time."""

    def earlier(self, address: Address) -> FinishedBefore:
        """Return what is definitely finished before a resource of this world is created."""

    @property
    def certain(self) -> World:
        """The world without what the plan may leave out; itself if that is nothing."""

    @property
    def left_out(self) -> Sequence[Address]:
        """The addresses of what the plan may leave out, of the types that were asked for."""

    #: What `found_once` has found.
    found: dict[object, Any]

    def once(self, make: Callable[[World], T]) -> T:
        """Return what `make` builds from this world, for example an index, building it only once."""

    def once_for_both(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what `make` builds from `key` alone, shared by both worlds."""


def found_once(world: World, key: tuple[object, ...], find: Callable[[], T]) -> T:
    """Return what `find` finds for `key` in a world, computing it only once."""
    if key not in world.found:
        world.found[key] = find()
    found: T = world.found[key]
    return found


def find_object(address: Address | None, world: World) -> WorldObject | None:
    """Return the managed resource of a world with an address; None if there is none."""
    if address is None:
        return None
    kind = address.type
    known = found_once(world, (find_object, kind), lambda: {each.address: each for each in world.resources(kind)})
    return known.get(address)


def share_equal(world: World, key: tuple[object, ...], found: T) -> T:
    """Return an earlier equal result for `key` from either world, so that both share one object."""
    known: list[T] = world.once_for_both(("shared", *key), list)
    for each in known:
        if each is found or each == found:
            return each
    known.append(found)
    return found


class _Cache:
    """The caches of one world."""

    def __init__(self) -> None:
        self.found: dict[object, Any] = {}

    def once(self, make: Callable[[World], T]) -> T:
        """Return what `make` builds from this world, building it only once."""
        if make not in self.found:
            self.found[make] = make(cast(World, self))
        found: T = self.found[make]
        return found


class CachingWorld(_Cache):
    """A world that shares a cache with the other world of its plan."""

    def __init__(self, shared: dict[tuple[object, ...], Any]) -> None:
        super().__init__()
        self._shared = shared

    def once_for_both(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what `make` builds from `key` alone, shared by both worlds."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found


class WorldView(_Cache):
    """Shows a world unchanged, with caches of its own."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.planned_at, self.context = world.planned_at, world.context
        self.looked_up, self.texts_read, self.before = world.looked_up, world.texts_read, world.before
        self.once_for_both, self.module_from_elsewhere = world.once_for_both, world.module_from_elsewhere
        self.named_documents = world.named_documents

    @property
    def certain(self) -> World:
        """The shown world without what the plan may leave out; itself if that is nothing."""
        return self if self._world.certain is self._world else self._world.certain

    @property
    def left_out(self) -> Sequence[Address]:
        """The addresses of what the plan may leave out, of the types that were asked for."""
        return self._world.left_out

    def resources(self, *types: str) -> Sequence[WorldObject]:
        """Return the resources of these types."""
        return self._world.resources(*types)

    def earlier(self, address: Address) -> FinishedBefore:
        """Return what is finished before a resource is created."""
        return self._world.earlier(address)


#: A clause for what a plan may leave out.
NOT_LISTED = Doubt("which the plan does not list, possibly because of `-target` or a filter", hint=ASK_SOURCES)
_MOST_NAMED = 3


def difference_words(world: World) -> Doubt:
    """Return the reason for what is different with the resources that the plan, or another stack's, may leave out."""
    return left_out_words(address for each in (world, *world.context) for address in each.left_out)


def left_out_words(addresses: Iterable[Address]) -> Doubt:
    """Return the reason for what depends on resources that a plan may leave out, or on what it does not show."""
    addresses = list(addresses)
    if all(each.mode == "data" for each in addresses):
        return question("what data sources read, which the plan does not show")
    names = sorted(set(map(str, addresses)))
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    words = f"whether there is {', '.join(names[:_MOST_NAMED])}{more}, {NOT_LISTED}"
    return NOT_LISTED.within(words, DoubtKind.QUESTION)
