"""Find out what the change does to an object: create, change or keep it.

An id or the end of an ARN that AWS assigns to a new resource is always new: a key that a plan creates definitely is not
the key whose ARN a data source has read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from tfcheck.inventory.world import World, WorldObject, find_object
from tfcheck.symbolic.beginnings import Beginning, Beginnings, beginning, form_of
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Piece, PlainText, TextLike, Truth, Unknown, Value, is_known, pieces, spelled_out
from tfcheck.vocabulary.address import owner_of

_Item = TypeVar("_Item")


def is_new(resource: WorldObject, world: World) -> bool:
    """Whether the change creates an object; one that a data source looks up existed before, or others create it."""
    return resource.address.mode == "managed" and object_before(resource, world) is None


def is_created(resource: WorldObject, world: World) -> bool:
    """Whether the change creates an object, at a new address or as a replacement."""
    # NOTE: the id of a kept object is known; a replacement gets another one.
    return resource.address.mode == "managed" and (is_new(resource, world) or not is_known(resource.attribute("id")))


def is_written(resource: WorldObject, attributes: tuple[str, ...], world: World) -> bool:
    """Whether the change creates an object, or definitely changes one of these attributes."""
    # NOTE: an apply skips an update whose unknown values stay equal.
    earlier = None if is_created(resource, world) else object_before(resource, world)
    if earlier is None:
        return True
    for name in attributes:
        one, other = earlier.attribute(name), resource.attribute(name)
        if isinstance(one, PlainText) and isinstance(other, PlainText):
            same = is_same_name(one, other, world)
        else:
            same = equal(one, other)
        if same is Truth.FALSE:
            return True
    return False


def is_changed(resource: WorldObject, attributes: tuple[str, ...], world: World) -> bool:
    """Whether the change creates an object, or may change one of these attributes."""
    if resource.address.mode != "managed":
        return False
    earlier = object_before(resource, world)
    if earlier is None:
        return True
    return any(equal(earlier.attribute(name), resource.attribute(name)) is not Truth.TRUE for name in attributes)


def is_kept(resource: WorldObject, attributes: tuple[str, ...], world: World) -> Truth:
    """Whether the change keeps an object, with these attributes as they are."""
    earlier = None if is_created(resource, world) else object_before(resource, world)
    if earlier is None:
        return Truth.FALSE
    return Truth.every(equal(earlier.attribute(name), resource.attribute(name)) for name in attributes)


def object_before(resource: WorldObject, world: World) -> WorldObject | None:
    """Return an object as it was before the change; None if it did not exist."""
    return find_object(resource.address, world.before())


def deleted_objects(kind: str, world: World) -> list[WorldObject]:
    """Return the objects of a type that the change deletes, also to replace them."""
    stay = {str(each.address) for each in world.resources(kind) if not is_created(each, world)}
    former = world.before().resources(kind)
    return [each for each in former if not each.is_left_out and str(each.address) not in stay]


def deleted_roles(world: World) -> list[WorldObject]:
    """Return the roles that the change deletes, also to replace them."""
    return deleted_objects("aws_iam_role", world)


_IDENTITY = ("arn", "id", "key_id", "name", "bucket")


def is_same_name(one: TextLike, other: TextLike, world: World) -> Truth:
    """Compare two names of resources, one of which may be assigned only during apply."""
    truth = equal(one, other)
    if truth is not Truth.UNKNOWN:
        return truth
    apart = (_is_settled(one) and is_to_be(other, world, one)) or (_is_settled(other) and is_to_be(one, world, other))
    return Truth.FALSE if apart else truth


def is_to_be(name: TextLike, world: World, settled: TextLike | None = None) -> bool:
    """Whether a name contains something that AWS assigns to a new object, which nothing has had before.

    With a `settled` name, a replacement counts too, if the replaced object did not have that name.
    """
    return any(_is_assigned(each, settled, world) for each in pieces(spelled_out(name)))


def index_names(
    rows: Iterable[tuple[_Item, Value]], world: World, begins: Callable[[Value], Beginning] = beginning
) -> Beginnings[_Item]:
    """Index items by their names, which are compared with others as `is_same_name` compares them."""

    def same(own: Value, name: Value) -> Truth:
        if isinstance(own, PlainText) and isinstance(name, PlainText):
            return is_same_name(own, name, world)
        return equal(own, name)

    def form(own: Value) -> Hashable:
        if isinstance(own, str) or not isinstance(own, PlainText):
            return form_of(own)
        former = [_former_of(each, world) for each in pieces(spelled_out(own)) if _is_of_managed(each)]
        is_new = None in former
        # NOTE: whether the name of a replacement is a known one depends on the names of what it replaces.
        return (form_of(own), is_new) if is_new or not former else None

    return Beginnings(rows, begins, same, form)


def _is_settled(name: TextLike) -> bool:
    """Whether no unknown part of a name depends on a single resource."""
    return all(
        isinstance(each, str) or (isinstance(each, Unknown) and each.symbol is not None and each.symbol.is_of_provider)
        for each in pieces(spelled_out(name))
    )


def _is_of_managed(piece: object) -> bool:
    """Whether AWS assigns a piece of a name to a managed resource."""
    owner = owner_of(piece) if isinstance(piece, Unknown) and piece.family else None
    return owner is not None and owner.mode == "managed"


def _former_of(piece: Piece, world: World) -> WorldObject | None:
    """Return the resource of a piece of a name as it was before the change; None if it did not exist."""
    owner = owner_of(piece)
    return find_object(owner, world.before())


def _is_assigned(piece: Piece, settled: TextLike | None, world: World) -> bool:
    if not _is_of_managed(piece):
        return False
    former = _former_of(piece, world)
    if settled is None:
        return former is None
    had = [former.attribute(each) for each in _IDENTITY] if former is not None else []
    return not any(equal(each, settled) is not Truth.FALSE for each in had if isinstance(each, str))
