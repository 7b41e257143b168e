"""Symbols for the parts of a module whose values are unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcheck.symbolic.value import Symbol
from tfcheck.vocabulary.address import InstanceKey, ModulePath

if TYPE_CHECKING:
    from tfcheck.hcl.syntax.block import Block


def symbol_of(module: ModulePath, kind: str, name: str) -> Symbol:
    """Name what a local, a variable or an output of one module instance is."""
    prefix = f"{module}." if module.steps else ""
    return Symbol(prefix.rstrip(".") or "module", (name,)) if kind == "output" else Symbol(f"{prefix}{kind}", (name,))


def not_nullable(block: Block) -> bool:
    """Whether a variable takes its default where null is passed."""
    from tfcheck.hcl.syntax.expression import Literal

    written = block.attribute("nullable")
    return isinstance(written, Literal) and written.value is False


def as_keys(planned: list[InstanceKey]) -> list[str] | int | None:
    """Return the instances of a call: the keys of `for_each`, the number of `count`, None for neither."""
    if planned == [None]:
        return None
    if all(isinstance(key, int) for key in planned):
        return max(key for key in planned if isinstance(key, int)) + 1
    return sorted(str(key) for key in planned)
