"""Decide whether a resource is yet to be created, so that no name known now can be its own.

What AWS assigns to a new resource, an id or the end of an ARN, is none that was assigned before: a key that a plan
creates definitely is not the key whose ARN a data source has read.
"""

from __future__ import annotations

from tfcheck.inventory.change import there_before
from tfcheck.inventory.world import World
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, Unknown, pieces, spelled_out
from tfcheck.vocabulary.address import parse
from tfcheck.vocabulary.errors import InputError

_IDENTITY = ("arn", "id", "key_id", "name", "bucket")


def same(one: TextLike, other: TextLike, world: World) -> Truth:
    """Compare two names of resources, of which one may be assigned only when the plan is applied."""
    truth = equal(one, other)
    if truth is not Truth.UNKNOWN:
        return truth
    made = world.once(_Made)
    apart = (_is_settled(one) and made.is_to_be(other, one)) or (_is_settled(other) and made.is_to_be(one, other))
    return Truth.FALSE if apart else truth


def is_to_be(name: TextLike, world: World) -> bool:
    """Whether a name holds what AWS assigns to an object that the change creates: nothing has had it before."""
    return world.once(_Made).is_to_be(name, None)


def may_be(name: TextLike, own: TextLike, world: World) -> bool:
    """Whether the name of something may turn out to be the `own` name of a resource; false also where it is."""
    if own == "" or (isinstance(name, str) and (isinstance(own, str) or is_to_be(own, world))):
        return False
    return same(name, own, world) is Truth.UNKNOWN


def _is_settled(name: TextLike) -> bool:
    """Whether nothing in a name waits for a resource: at most for what is the same for all of them."""
    return all(isinstance(each, str) or _is_surrounding(each) for each in pieces(spelled_out(name)))


def _is_surrounding(piece: object) -> bool:
    return isinstance(piece, Unknown) and piece.symbol is not None and piece.symbol.owner.startswith("provider.")


class _Made:
    """What a change makes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def is_to_be(self, name: TextLike, settled: TextLike | None) -> bool:
        """Whether a name holds what AWS will assign to a new resource, and not what the old one had in its place."""
        return any(self._is_assigned(each, settled) for each in pieces(spelled_out(name)))

    def _is_assigned(self, piece: object, settled: TextLike | None) -> bool:
        if not isinstance(piece, Unknown) or piece.symbol is None or not piece.family:
            return False
        try:
            owner = parse(piece.symbol.owner)
        except InputError:
            return False
        if owner.mode != "managed":
            return False
        former = there_before(owner.type, self._world).get(str(owner))
        if settled is None:
            return former is None
        had = [former.attribute(each) for each in _IDENTITY] if former is not None else []
        return not any(equal(each, settled) is not Truth.FALSE for each in had if isinstance(each, str))
