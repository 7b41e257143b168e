"""The world as it would be after fixes, with the order in which Terraform would then create its resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar, cast

from tfcheck.fix.edits.insertion import by_file, fits
from tfcheck.fix.plan_fixes import DraftFix
from tfcheck.fix.trial import Trial, changed
from tfcheck.resolve import Resolver
from tfcheck.resolve.order import Earlier, Order, mentioned
from tfcheck.vocabulary.address import Address
from tfcheck.world.world import After, World, WorldObject

T = TypeVar("T")
#: What is to be referred to besides, by the resource or module call, without instance keys.
References = Mapping[str, tuple[str, ...]]


def after_fixes(drafts: Sequence[DraftFix], world: After) -> OrderedWorld | None:
    """Return the world after fixes that are made together; None where they cannot be."""
    resolver = world.resolver
    insertions = [each for draft in drafts for each in draft.insertions]
    texts = {name: text for draft in drafts for name, text in draft.texts.items()}
    if resolver.sources is None or not all(fits(texts[name].text, each) for name, each in by_file(insertions).items()):
        return None
    sources = changed(resolver.sources, insertions, texts)
    touched = dict.fromkeys(each for draft in drafts for each in draft.touched)
    added = dict.fromkeys(each for draft in drafts for each in draft.added)
    after = Trial(resolver, sources, touched, added, context=world.context).world if drafts else world
    return OrderedWorld(after, _references((*(each.address for each in touched), *added), after.resolver))


def _references(addresses: Iterable[Address], resolver: Resolver) -> References:
    """Return what blocks that fixes change or add refer to: the plan's configuration does not have it."""
    found: dict[str, tuple[str, ...]] = {}
    for each in addresses:
        block = resolver.block(each) if each.config not in found else None
        if block is not None:
            found[each.config] = tuple(dict.fromkeys(mentioned(block)))
    return found


class OrderedWorld:
    """A world whose resources are created in another order than the plan's configuration says."""

    def __init__(self, world: After, more: References) -> None:
        """Build from the world, and the references that the configuration does not have."""
        self._world = world
        self._more = more
        self._order = Order(world.resolver, more)
        self._built: dict[object, object] = {}

    def waiting(self, more: References) -> OrderedWorld:
        """Return the world with further references."""
        names = {*self._more, *more}
        both = {each: tuple(dict.fromkeys((*self._more.get(each, ()), *more.get(each, ())))) for each in names}
        return OrderedWorld(self._world, both)

    def resources(self, *types: str) -> Sequence[WorldObject]:
        """Return the resources of types."""
        return self._world.resources(*types)

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
        return self._order.earlier(address)

    def alike(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what is the same for all worlds of a plan."""
        return self._world.alike(key, make)

    def once(self, make: Callable[[World], T]) -> T:
        """Build something once for this world."""
        if make not in self._built:
            self._built[make] = make(self)
        return cast(T, self._built[make])
