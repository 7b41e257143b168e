"""A world that is like another one, except where a subclass overrides it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.order import Earlier
from tfcheck.vocabulary.address import Address

T = TypeVar("T")


class WorldView:
    """Shows a world as it is; what is built from it is built again."""

    def __init__(self, world: World) -> None:
        """Build from the world that is shown."""
        self._world = world
        self._built: dict[object, object] = {}

    def resources(self, *types: str) -> Sequence[WorldObject]:
        """Return the resources of types."""
        return self._world.resources(*types)

    @property
    def planned_at(self) -> str:
        """When the plan was made."""
        return self._world.planned_at

    @property
    def context(self) -> Sequence[World]:
        """The other stacks."""
        return self._world.context

    def looked_up(self, *types: str) -> Sequence[WorldObject]:
        """Return what data sources look up."""
        return self._world.looked_up(*types)

    def texts_read(self) -> frozenset[str]:
        """Return the texts that data sources read."""
        return self._world.texts_read()

    def before(self) -> World:
        """Return the world before the change."""
        return self._world.before()

    def earlier(self, address: Address) -> Earlier:
        """Return what is finished before a resource is created."""
        return self._world.earlier(address)

    def alike(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what is the same for all worlds of a plan."""
        return self._world.alike(key, make)

    def once(self, make: Callable[[World], T]) -> T:
        """Build something once for this world."""
        if make not in self._built:
            self._built[make] = make(self)
        return cast(T, self._built[make])
