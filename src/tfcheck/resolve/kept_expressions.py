"""Decide which expressions a plan's configuration keeps whole: constants, and references without anything around them.

Where the sources have another one there, `changed_since` finds it. A value that such an expression leads to, and that
the plan has otherwise, is the provider's form of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.plan import constant, references
from tfcheck.resolve.blocks import nested_names
from tfcheck.resolve.declarations import Declarations
from tfcheck.resolve.evaluation import Key
from tfcheck.vocabulary.address import Address, ModulePath

if TYPE_CHECKING:
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.hcl.syntax.expression import Expression

#: What these are is decided elsewhere: by `for_each`, by `count`, by the workspace.
_DECIDED_ELSEWHERE = ("each.", "count.", "path.", "terraform.")


def is_kept_whole(declarations: Declarations, key: Key) -> bool:
    """Whether the configuration keeps the whole expression of an argument, of an output, or in a module call."""
    match key:
        case ("argument", Address() as address, str(name)):
            block, resource = declarations.block(address), declarations.config_resource(address)
            return block is not None and resource is not None and _keeps(block, name, resource.expressions.get(name))
        case ("var", ModulePath() as module, str(name)) if module.steps:
            block, call = declarations.call_block(module), declarations.config_call(module)
            return block is not None and call is not None and _keeps(block, name, call.expressions.get(name))
        case ("output", ModulePath() as module, str(name)):
            sources, config = declarations.module_sources(module), declarations.config_module(module)
            block = sources.output(name) if sources else None
            planned = config.outputs.get(name) if config else None
            return block is not None and _keeps_expression(block.attribute("value"), planned)
        case _:
            return False


def _keeps(block: Block, name: str, planned: Any) -> bool:
    """Whether an argument, or each one in the nested blocks of a type, is kept."""
    if name in block.attributes():
        return _keeps_expression(block.attribute(name), planned)
    written = block.blocks(name)
    if any(each.type == "dynamic" for each in written):
        return False
    rows = planned if isinstance(planned, list) else [planned]
    if len(rows) != len(written) or not all(isinstance(each, dict) for each in rows):
        return False
    return all(_keeps_block(each, row) for each, row in zip(written, rows, strict=True))


def _keeps_block(written: Block, planned: dict[str, Any]) -> bool:
    return all(_keeps(written, name, planned.get(name)) for name in (*written.attributes(), *nested_names(written)))


def _keeps_expression(written: Expression | None, planned: Any) -> bool:
    if written is None or constant(planned)[0]:
        return True
    reference = reference_text(written)
    return not reference.startswith(_DECIDED_ELSEWHERE) and references(planned)[:1] == (reference,)
