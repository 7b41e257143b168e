"""Evaluate the nested blocks of a resource, including `dynamic` ones, and read them from its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfcheck.hcl.evaluate.alternatives import as_choice
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.symbolic.choices import is_choice
from tfcheck.symbolic.value import Unknown, Value, items

if TYPE_CHECKING:
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.plan import ConfigResource
    from tfcheck.resolve.evaluation import Evaluation


def block_values(evaluation: Evaluation, block: Block, name: str, scope: Scope) -> Value:
    """Return the nested blocks called `name` as a list of objects, or an `Unknown` if their number is unknown."""
    found, further = nested_blocks(evaluation, block, name, scope)
    if further is None:
        return list(found)
    optional = possible_blocks(evaluation, block, name, scope)
    if not 0 < len(optional) <= _MOST_OPTIONAL or not all(is_choice(more) for _, more in optional):
        return further
    lists: list[list[Value]] = [list(found)]
    for each, _ in optional:
        lists += [[*one, each] for one in lists]
    return as_choice(further, lists)


#: The number of blocks that may be there or not, for which every combination is a value.
_MOST_OPTIONAL = 5


def nested_blocks(
    evaluation: Evaluation, block: Block, name: str, scope: Scope
) -> tuple[list[dict[str, Value]], Unknown | None]:
    """Return the nested blocks called `name`, and an `Unknown` if there may be more."""
    from tfcheck.hcl.evaluate.dynamic import nested_blocks

    blocks, further = nested_blocks(block, name, scope)
    return [_object(evaluation, each, inner) for each, inner in blocks], further


def possible_blocks(
    evaluation: Evaluation, block: Block, name: str, scope: Scope
) -> list[tuple[dict[str, Value], Unknown]]:
    """Return the possible content of blocks called `name` whose number is unknown, with the reason."""
    from tfcheck.hcl.evaluate.dynamic import possible

    return [(_object(evaluation, each, inner), more) for each, inner, more in possible(block, name, scope)]


def _object(evaluation: Evaluation, block: Block, scope: Scope) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in block.attributes():
        expression = block.attribute(name)
        if expression is not None:
            found[name] = evaluation.evaluate(expression, scope)
    for name in nested_names(block):
        found[name] = block_values(evaluation, block, name, scope)
    return found


def nested_names(block: Block) -> list[str]:
    """Return the types of nested blocks, including `dynamic` ones, each once."""
    return list(dict.fromkeys(each.kind for each in block.nested))


def is_set_in_block(config: ConfigResource | None, name: str, path: str) -> bool | None:
    """Whether a nested block of a resource sets an argument; None if that is unknown, as in dynamic blocks.

    `path` is the argument, after the types of further nested blocks: `specification.version`.
    """
    return _is_set(config.expressions.get(name), path) if config else None


def _is_set(blocks: Any, path: str) -> bool | None:
    listed = [each for each in (blocks if isinstance(blocks, list) else [blocks]) if isinstance(each, dict)]
    name, _, inner = path.partition(".")
    found = [_is_set(each.get(name), inner) if inner else name in each for each in listed]
    return None if not found or (None in found and True not in found) else True in found


def may_set(block: Block, path: str) -> bool:
    """Whether a block, or a nested one, sets an argument or has blocks of that type, also where these are dynamic."""
    name, _, inner = path.partition(".")
    if not inner or name in block.attributes():
        return name in block.attributes() or bool(block.blocks(name))
    nested = [each.blocks("content") if each.type == "dynamic" else [each] for each in block.blocks(name)]
    return any(not written or may_set(written[0], inner) for written in nested)


def blocks(value: Value) -> list[dict[str, Value]]:
    """Return the known nested blocks, in order."""
    return [each for each in blocks_or_unknown(value) if isinstance(each, dict)]


def blocks_or_unknown(value: Value) -> list[dict[str, Value] | Unknown]:
    """Return the nested blocks in order; any number of unknown ones is one unknown value."""
    listed = items(value)
    if isinstance(listed, Unknown):
        return [listed]
    return [each for each in listed if isinstance(each, (dict, Unknown))]


def blocks_or_object(value: Value) -> list[dict[str, Any]]:
    """Return the known nested blocks, which JSON syntax writes as a list or as one object."""
    return [value] if isinstance(value, dict) else blocks(value)


def only_block(value: Value) -> dict[str, Value] | None:
    """Return the only nested block of a kind."""
    return next(iter(blocks(value)), None)


def only_block_or_unknown(value: Value) -> dict[str, Value] | Unknown | None:
    """Return the only nested block of a kind, or the unknown value that may be one.

    In some versions of the provider, an object is in its place.
    """
    return value if isinstance(value, dict) else next(iter(blocks_or_unknown(value)), None)
