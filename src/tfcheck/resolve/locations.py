"""Find the places of objects in the sources."""

from __future__ import annotations

from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import Address, address_in
from tfcheck.vocabulary.finding import Location, Requirement


class Locations:
    """Places of resources in the sources; None if these are not available."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._found: dict[tuple[str, str], Location | None] = {}

    def of(self, written: str, attribute: str = "") -> Location | None:
        """Return the place of a resource's block, or of one of its arguments, by its address in reports."""
        key = written, attribute
        if key not in self._found:
            address = address_in(written)
            self._found[key] = self.of_address(address, attribute) if address is not None else None
        return self._found[key]

    def of_address(self, address: Address, attribute: str) -> Location | None:
        """Return the place of a resource's block, of one of its arguments, or of its only nested block of a kind."""
        block = self._resolver.block(address)
        if block is None:
            return None
        place = block.attribute_place(attribute) if attribute else None
        if place is not None:
            return Location(place.file, place.line, place.line, self._resolver.declarations.source_line(place))
        nested = block.blocks(attribute)
        whole = nested[0] if len(nested) == 1 else block
        start = whole.place
        return Location(start.file, start.line, whole.end_line, self._resolver.declarations.source_line(start))

    def need(self, requirement: Requirement) -> Location | None:
        """Return the place of the argument that causes a requirement."""
        inside = "volume" if requirement.pointer.startswith("/volumes") else "container_definitions"
        argument = _ARGUMENTS.get(requirement.pointer, inside)
        return self.of(requirement.task_definition, argument)


_ARGUMENTS = {"/executionRoleArn": "execution_role_arn", "/taskRoleArn": "task_role_arn"}
