"""Find the resources of a world that have an attribute that is, or may be, a given value, without comparing each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tfcheck.inventory.world import WorldObject
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Value


class AttributeIndex:
    """Resources, filed by an attribute of theirs that is a string where it is known."""

    def __init__(
        self, resources: Iterable[WorldObject], attribute: str, read: Callable[[Value], Value] | None = None
    ) -> None:
        """Build from the resources and the attribute, and how it is read if not as it is written."""
        self._known: dict[str, list[WorldObject]] = {}
        self._open: list[tuple[Value, WorldObject]] = []
        for each in resources:
            written = each.attribute(attribute)
            value = read(written) if read is not None else written
            if isinstance(value, str):
                self._known.setdefault(value, []).append(each)
            else:
                self._open.append((value, each))

    def exactly(self, value: str) -> list[WorldObject]:
        """Return the resources whose attribute is known to be `value`."""
        return self._known.get(value, [])

    def possible(self, value: Value) -> Iterator[WorldObject]:
        """Return the resources whose attribute is or may be `value`."""
        if isinstance(value, str):
            yield from self.exactly(value)
        else:
            same = (name for name in self._known if equal(name, value) is not Truth.FALSE)
            yield from (each for name in same for each in self._known[name])
        yield from (each for found, each in self._open if equal(found, value) is not Truth.FALSE)
