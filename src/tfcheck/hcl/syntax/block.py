"""A block of the sources: its arguments and nested blocks.

Nothing is parsed before it is asked for; `tfcheck.hcl.syntax.blocks` finds blocks and where their parts begin and end.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec

from tfcheck.hcl.syntax.expression import Expression, ListOf, Place
from tfcheck.hcl.syntax.parse import parse_range, reference_text
from tfcheck.hcl.syntax.source import SourceText


class Argument(msgspec.Struct, frozen=True, eq=False, dict=True):
    """`name = value`. Offsets into the text of `source`: of the name, and of the value from its start to its end."""

    name: str
    source: SourceText
    start: int
    value_start: int
    value_end: int

    @property
    def place(self) -> Place:
        """Where the argument is written."""
        return self.source.place(self.start)

    @cached_property
    def expression(self) -> Expression:
        """The value, parsed once."""
        return self.parsed()

    def parsed(self) -> Expression:
        """Parse the value."""
        return parse_range(self.source, self.value_start, self.value_end)


class Block(msgspec.Struct, frozen=True, eq=False):
    """`type "label" { ... }`.

    Offsets into the text of `source`: `start` of the type, `body_start` behind the opening brace, `body_end` of the
    closing brace, `end` behind it. Arguments and nested blocks may come from an override file and then have a source
    of their own.
    """

    type: str
    labels: tuple[str, ...]
    source: SourceText
    start: int
    body_start: int
    body_end: int
    end: int
    arguments: Mapping[str, Argument]
    nested: tuple[Block, ...]

    @property
    def place(self) -> Place:
        """Where the block begins."""
        return self.source.place(self.start)

    @property
    def end_line(self) -> int:
        """The line of the closing brace."""
        return self.source.line(self.body_end)

    def attributes(self) -> tuple[str, ...]:
        """Name the arguments that are written, in source order."""
        return tuple(self.arguments)

    def attribute(self, name: str) -> Expression | None:
        """Return the expression of an argument; None where it is not written."""
        argument = self.arguments.get(name)
        return argument.expression if argument else None

    def attribute_place(self, name: str) -> Place | None:
        """Return where an argument is written."""
        argument = self.arguments.get(name)
        return argument.place if argument else None

    def blocks(self, name: str) -> list[Block]:
        """Return the nested blocks of a type in source order.

        `dynamic "name"` blocks are among them; they keep the type `dynamic` and the label.
        """
        return [
            block
            for block in self.nested
            if block.type == name or (block.type == "dynamic" and block.labels == (name,))
        ]

    def ignored_changes(self) -> tuple[str, ...]:
        """Name what `lifecycle { ignore_changes }` lists, as it is written (`tags["x"]`); `all` for everything."""
        names: list[str] = []
        for lifecycle in self.blocks("lifecycle"):
            listed = lifecycle.attribute("ignore_changes")
            for item in listed.items if isinstance(listed, ListOf) else (listed,):
                names.append(reference_text(item) if item is not None else "")
        return tuple(name for name in names if name)


class Problem(msgspec.Struct, frozen=True):
    """Why a file, or what follows in it, cannot be used."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Write `main.tf:3: a bracket is not closed`."""
        return f"{self.place}: {self.message}"


class SourceFile(msgspec.Struct, frozen=True, eq=False):
    """A file of the sources. With a `problem` it holds what comes before the fault."""

    source: SourceText
    blocks: tuple[Block, ...]
    problem: Problem | None = None
