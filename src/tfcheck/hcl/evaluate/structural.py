"""Decide from the syntax of an expression which kind of structure it evaluates to.

Values do not distinguish a list from a tuple, nor a map from an object. A literal, or a `for`, always gives the latter.
"""

from __future__ import annotations

from tfcheck.hcl.syntax.expression import (
    Attribute,
    Call,
    Expression,
    ForList,
    ForObject,
    Index,
    ListOf,
    Literal,
    ObjectOf,
    Splat,
    Template,
    Variable,
)
from tfcheck.symbolic.value import Set, Value

_LITERALS = (ListOf, ObjectOf, ForList, ForObject)


def is_structural(node: Expression, value: Value) -> bool:
    """Whether all lists in `value`, the result of `node`, are tuples, all mappings objects, and all nulls untyped."""
    match node, value:
        case (ListOf(), list()) if len(node.items) == len(value):
            return all(is_structural(item, part) for item, part in zip(node.items, value, strict=True))
        case (ObjectOf(), dict()):
            if all(_is_scalar(part) for part in value.values()):
                return True
            written = [(name.value, part) for name, part in node.items if isinstance(name, Literal)]
            named = {name: part for name, part in written if isinstance(name, str)}
            return named.keys() == value.keys() and all(
                is_structural(named[name], part) for name, part in value.items()
            )
        case (ForList(), list()):
            return all(_is_scalar(part) for part in value)
        case (ForObject(), dict()) if not node.group:
            return all(_is_scalar(part) for part in value.values())
        case (Literal(), None):
            return True
        case _:
            return _is_scalar(value)


def gives_structure(node: Expression) -> bool:
    """Whether `node` definitely evaluates to a list or an object."""
    return isinstance(node, _LITERALS)


def describe(node: Expression) -> str:
    """Describe the kind of an expression, without its values."""
    match node:
        case Literal(value=None):
            return "null"
        case Literal():
            return "a literal"
        case Template():
            return "a text"
        case ListOf() | ForList() | Splat():
            return "a list"
        case ObjectOf() | ForObject():
            return "an object"
        case Call():
            return f"`{node.name}(…)`"
        case Variable() | Attribute() | Index():
            return f"`{_reference(node)}`"
        case _:
            return "another expression"


def _reference(node: Expression) -> str:
    match node:
        case Variable():
            return node.name
        case Attribute():
            return f"{_reference(node.source)}.{node.name}"
        case Index():
            return f"{_reference(node.source)}[…]"
        case _:
            return "…"


def _is_scalar(value: Value) -> bool:
    return value is not None and not isinstance(value, (list, dict, Set))
