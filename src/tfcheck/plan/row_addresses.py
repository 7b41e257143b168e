"""Parse the addresses in the plan's rows.

Each is parsed once, and the instances of a module share one path: large plans have many of both.
"""

from __future__ import annotations

from tfcheck.plan.document import Mode, ResourceChange
from tfcheck.vocabulary.address import Address, ModulePath, parse, parse_module
from tfcheck.vocabulary.errors import InputError


class Addresses:
    """The addresses of one plan; a text that is not one, or a row that does not show it, raises InputError."""

    def __init__(self) -> None:
        self._known: dict[str, Address | None] = {}
        self._modules: dict[str, ModulePath] = {}

    def find(self, written: str) -> Address | None:
        """Return the address in a text, or None if it is not one."""
        if written not in self._known:
            try:
                self._known[written] = parse(written)
            except InputError:
                self._known[written] = None
        return self._known[written]

    def parse(self, written: str) -> Address:
        """Parse an address of the plan."""
        found = self.find(written)
        if not found:
            raise InputError(f"the plan lists `{written}`, which is not the address of a resource instance")
        return found

    def module(self, written: str) -> ModulePath:
        """Return the path of a module instance; an empty text is the root."""
        if written not in self._modules:
            self._modules[written] = parse_module(written)
        return self._modules[written]

    def of(self, row: ResourceChange) -> Address:
        """Return the address of a row, and cache it for its text, unless the row says something else there."""
        found = self.build(row)
        if _is_same_address(row):
            self._known[row.address] = found
        return found

    def build(self, row: ResourceChange) -> Address:
        """Return the address of a row, which has the row's type: from its parts if they agree, or no address does."""
        if not _is_same_address(row) and (row.name is None or self.find(row.address)):
            found = self.parse(row.address)
            if (found.mode, found.type) == self.kind(row):
                return found
        mode = str(row.mode or Mode.MANAGED)
        return Address(self.module(row.module_address or ""), mode, row.type, row.name or "", row.index)

    def config(self, row: ResourceChange) -> str:
        """Return the address of a row in the configuration."""
        if "[" not in (row.module_address or "") and _is_same_address(row):
            return row.address.partition("[")[0]
        return self.build(row).config

    def kind(self, row: ResourceChange) -> tuple[str, str]:
        """Return mode and type of a row, from its address if it lacks one of them."""
        if row.mode and row.type:
            return row.mode, row.type
        found = self.find(row.address)
        return (found.mode, found.type) if found else (str(row.mode or Mode.MANAGED), row.type)


def _is_same_address(row: ResourceChange) -> bool:
    """Whether the parts of a row form its address; text keys are left to the parser, which can unquote them."""
    resource = f"{row.type}.{row.name}"
    if row.mode is not None and row.mode is not Mode.MANAGED:
        resource = f"{row.mode}.{resource}"
    if row.module_address:
        resource = f"{row.module_address}.{resource}"
    return row.address == (resource if row.index is None else f"{resource}[{row.index}]")
