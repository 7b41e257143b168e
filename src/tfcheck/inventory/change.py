"""What the change does to one object: creates it, changes it, leaves it."""

from __future__ import annotations

from tfcheck.inventory.world import World, WorldObject
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, is_known


def is_new(resource: WorldObject, world: World) -> bool:
    """Whether the change creates an object; what a data source looks up was there before, or others create it."""
    return resource.address.mode == "managed" and before(resource, world) is None


def is_created(resource: WorldObject, world: World) -> bool:
    """Whether the change creates an object, at a new address or in place of an old one."""
    # NOTE: the id of what stays is known; a replacement gets another one.
    return resource.address.mode == "managed" and (is_new(resource, world) or not is_known(resource.attribute("id")))


def is_changed(resource: WorldObject, attributes: tuple[str, ...], world: World) -> bool:
    """Whether the change creates an object, or may change one of these attributes of it."""
    if resource.address.mode != "managed":
        return False
    earlier = before(resource, world)
    if earlier is None:
        return True
    return any(equal(earlier.attribute(name), resource.attribute(name)) is not Truth.TRUE for name in attributes)


def before(resource: WorldObject, world: World) -> WorldObject | None:
    """Return an object as it was before the change; None where it was not there."""
    return there_before(resource.address.type, world).get(str(resource.address))


def there_before(kind: str, world: World) -> dict[str, WorldObject]:
    """Return the objects of a type that were there before the change, by address."""
    return world.once(_Earlier).of(kind)


class _Earlier:
    """The objects that were there before the change, by address."""

    def __init__(self, world: World) -> None:
        self._before = world.before()
        self._found: dict[str, dict[str, WorldObject]] = {}

    def of(self, kind: str) -> dict[str, WorldObject]:
        if kind not in self._found:
            self._found[kind] = {str(each.address): each for each in self._before.resources(kind)}
        return self._found[kind]
