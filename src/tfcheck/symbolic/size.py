"""Count the parts of a value, visiting shared parts once."""

from __future__ import annotations

from typing import Any

import msgspec

from tfcheck.symbolic.value import JsonText, Set, Text, Value

#: Leaves of one value, counted as often as they occur, and visited parts.
LEAVES = 100_000
#: The number of characters of a string that count as one leaf.
_CHARACTERS = 100
_NESTED = (list, dict, Set, JsonText, Text)


class Size(msgspec.Struct, frozen=True):
    """The number of leaves of a value, up to a limit, of visited parts, and of nesting levels."""

    leaves: int
    visited: int
    levels: int


def size(value: Value) -> Size:
    """Return the size of a value, counted from the innermost part on."""
    if not isinstance(value, _NESTED):
        return Size(_count_leaves(value, {}), 1, 0)
    leaves: dict[int, int] = {}
    levels: dict[int, int] = {}
    todo = [value]
    visited = 0
    while todo and visited <= LEAVES:
        part = todo[-1]
        parts = parts_of(part)
        inner = [each for each in parts if isinstance(each, _NESTED) and id(each) not in leaves]
        visited += len(parts)
        if inner and id(part) not in leaves:
            todo.extend(inner)
            leaves[id(part)] = 0  # its parts come first; nothing contains itself
            continue
        todo.pop()
        leaves[id(part)] = 1 + sum(_count_leaves(each, leaves) for each in parts)
        levels[id(part)] = 1 + max((levels.get(id(each), 0) for each in parts), default=0)
        if leaves[id(part)] > LEAVES:
            return Size(leaves[id(part)], visited, levels[id(part)])
    return Size(leaves.get(id(value), 0) if not todo else visited, visited, levels.get(id(value), 0))


def _count_leaves(part: Value, known: dict[int, int]) -> int:
    return 1 + len(part) // _CHARACTERS if isinstance(part, str) else known.get(id(part), 1)


def parts_of(value: Value) -> list[Value]:
    """Return the direct parts of a value: elements, members without their keys, pieces."""
    match value:
        case list():
            return value
        case dict():
            return list(value.values())
        case Set():
            return list(value.items)
        case JsonText():
            return [value.value]
        case Text():
            return list(value.pieces)
        case _:
            return []


# Depth: the recursion limit of a JSON decoder differs between versions of Python; this one does not.


#: The nesting limit of lists and objects: no provider's schema and no policy comes close.
DEEPEST = 100


def is_deep(value: Any) -> bool:
    """Whether lists and objects are nested more deeply than allowed."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            each
            for node in level
            if isinstance(node, (dict, list))
            for each in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def may_be_deep(text: str | bytes) -> bool:
    """Whether the JSON text may be deeply nested; most have too few brackets for that."""
    if isinstance(text, str):
        return text.count("{") + text.count("[") > DEEPEST
    return text.count(b"{") + text.count(b"[") > DEEPEST
