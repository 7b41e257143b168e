"""A parsed source file."""

from __future__ import annotations

import msgspec

from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.source import SourceText


class Problem(msgspec.Struct, frozen=True):
    """Why a file, or what follows in it, cannot be used."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Write `main.tf:3: a bracket is not closed`."""
        return f"{self.place}: {self.message}"


class SourceFile(msgspec.Struct, frozen=True, eq=False):
    """A file of the sources. With a `problem` it holds what stands before the fault."""

    source: SourceText
    blocks: tuple[Block, ...]
    problem: Problem | None = None
