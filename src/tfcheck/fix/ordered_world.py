"""The world after fixes, with the order in which Terraform would create its resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tfcheck.fix.edits.insertion import fits, group_by_file
from tfcheck.fix.plan_fixes import DraftFix
from tfcheck.fix.trial import Trial, change_sources
from tfcheck.inventory.world import After, WorldView
from tfcheck.resolve import Resolver
from tfcheck.resolve.order import FinishedBefore, Order, block_references
from tfcheck.vocabulary.address import Address

#: Additional references, by resource or module call without instance keys.
References = Mapping[str, tuple[str, ...]]


def after_fixes(drafts: Sequence[DraftFix], world: After) -> OrderedWorld | None:
    """Return the world after fixes that are applied together; None if that is impossible."""
    resolver = world.resolver
    insertions = [each for draft in drafts for each in draft.insertions]
    texts = {name: text for draft in drafts for name, text in draft.texts.items()}
    if resolver.sources is None or not all(
        fits(texts[name].text, each) for name, each in group_by_file(insertions).items()
    ):
        return None
    sources = change_sources(resolver.sources, insertions, texts)
    touched = dict.fromkeys(each for draft in drafts for each in draft.touched)
    added = dict.fromkeys(each for draft in drafts for each in draft.added)
    after = Trial(resolver, sources, touched, added, context=world.context).world if drafts else world
    return OrderedWorld(after, _references((*(each.address for each in touched), *added), after.resolver))


def _references(addresses: Iterable[Address], resolver: Resolver) -> References:
    """Return the references in changed or added blocks, which the plan's configuration lacks."""
    found: dict[str, tuple[str, ...]] = {}
    for each in addresses:
        block = resolver.block(each) if each.config not in found else None
        if block is not None:
            found[each.config] = tuple(dict.fromkeys(block_references(block)))
    return found


class OrderedWorld(WorldView):
    """A world whose resources are created in another order than in the plan's configuration."""

    def __init__(self, world: After, more: References) -> None:
        """Build from the world, and the references that the configuration lacks."""
        super().__init__(world)
        self._after = world
        self._more = more
        self._order = Order(world.resolver, more)

    def with_references(self, more: References) -> OrderedWorld:
        """Return the world with further references."""
        names = {*self._more, *more}
        both = {each: tuple(dict.fromkeys((*self._more.get(each, ()), *more.get(each, ())))) for each in names}
        return OrderedWorld(self._after, both)

    def earlier(self, address: Address) -> FinishedBefore:
        """Return what is finished before a resource is created."""
        return self._order.earlier(address)
