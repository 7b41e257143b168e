"""Name what a plan may leave out, for the reason of an unknown verdict."""

from __future__ import annotations

from collections.abc import Iterable

from tfcheck.inventory.world import World
from tfcheck.vocabulary.address import Address

#: A clause for what a plan may leave out.
NOT_LISTED = "which the plan does not list, possibly because of `-target` or a filter: pass the sources"
_MOST_NAMED = 3


def difference_words(world: World) -> str:
    """Return the reason for what is different with the resources that the plan, or another stack's, may leave out."""
    return left_out_words(address for each in (world, *world.context) for address in each.left_out)


def left_out_words(addresses: Iterable[Address]) -> str:
    """Return the reason for what depends on resources that a plan may leave out."""
    names = sorted(set(map(str, addresses)))
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"whether there is {', '.join(names[:_MOST_NAMED])}{more}, {NOT_LISTED}"
