"""The parts of the sources that are not believed because the plan shows that they have changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

_Modules: TypeAlias = tuple[str, ...]

CHANGED = "the sources have changed here since the plan was made: run `terraform plan` again"


class Doubted(msgspec.Struct, frozen=True):
    """A part that is written once for all instances of a module.

    `kind` is `argument` of a resource, `provider` for an argument of one, `var` (a call's value), `default`, `local`,
    `output`, `file`, or `repetition` of a module call.
    """

    kind: str
    module: _Modules
    name: str = ""
    argument: str = ""

    def __str__(self) -> str:
        """Format it so that a reader can find it in the sources."""
        prefix = "".join(f"module.{each}." for each in self.module)
        match self.kind:
            case "argument":
                return f"{prefix}{self.name}.{self.argument}"
            case "var":
                return f"{prefix}{self.name}"
            case "repetition":
                return f"{prefix}for_each"
            case "provider":
                return f"provider.{self.name}.{self.argument}"
            case "default":
                return f"the default of {prefix}var.{self.name}"
            case "file":
                return f"file `{self.name}`"
            case _:
                return f"{prefix}{self.kind}.{self.name}"


class Doubts:
    """All parts that are not believed."""

    def __init__(self, doubted: Iterable[Doubted] = ()) -> None:
        self._doubted = frozenset(doubted)

    def __bool__(self) -> bool:
        return bool(self._doubted)

    def is_doubted(self, kind: str, module: _Modules, name: str = "", argument: str = "") -> bool:
        """Whether this part of the sources is not believed."""
        return bool(self._doubted) and Doubted(kind, module, name, argument) in self._doubted
