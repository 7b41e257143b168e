"""Would a reference make a block depend on itself?

Terraform refuses a plan in which a policy names a key whose own policy names the role that the first is written in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from tfcheck.hcl.block import Block
from tfcheck.hcl.modules import Module

_REFERENCE = re.compile(r"\b(?:data\.)?[^\W\d][\w-]*\.[^\W\d][\w-]*")
_KINDS = {"resource": "", "data": "data."}


class Dependencies:
    """What depends on what in one module, as far as the text of its blocks names it."""

    def __init__(self, module: Module) -> None:
        """Take the module."""
        self._module = module

    def reaches(self, name: str, goal: str) -> bool:
        """Tell whether `name` (`aws_kms_key.k`, `data.x.y`, `local.z`) depends on `goal`, or is it."""
        seen = {name}
        waiting = [name]
        while waiting:
            each = waiting.pop()
            if each == goal:
                return True
            new = self._graph.get(each, frozenset()) - seen
            seen |= new
            waiting += new
        return False

    @cached_property
    def _graph(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for file in self._module.files:
            for block in file.blocks:
                for name, text in _named(block):
                    found.setdefault(name, set()).update(_REFERENCE.findall(text))
        return {name: frozenset(others) for name, others in found.items()}


def _named(block: Block) -> Iterator[tuple[str, str]]:
    if block.type in _KINDS:
        yield _KINDS[block.type] + ".".join(block.labels), _text(block)
    elif block.type == "module":
        yield f"module.{'.'.join(block.labels)}", _text(block)
    elif block.type == "locals":
        for argument in block.arguments.values():
            yield f"local.{argument.name}", argument.source.text[argument.value_start : argument.value_end]


def _text(block: Block) -> str:
    return block.source.text[block.body_start : block.body_end]
