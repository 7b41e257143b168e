"""Read nested blocks of a resource."""

from __future__ import annotations

from tfcheck.symbolic.value import Unknown, Value, items


def blocks(value: Value) -> list[dict[str, Value]]:
    """Return the known nested blocks, in order."""
    return [each for each in blocks_or_unknown(value) if isinstance(each, dict)]


def blocks_or_unknown(value: Value) -> list[dict[str, Value] | Unknown]:
    """Return the nested blocks in order; any number of unknown ones is one unknown value."""
    listed = items(value)
    if isinstance(listed, Unknown):
        return [listed]
    return [each for each in listed if isinstance(each, (dict, Unknown))]


def only_block(value: Value) -> dict[str, Value] | None:
    """Return the only nested block of a kind."""
    return next(iter(blocks(value)), None)


def only_block_or_unknown(value: Value) -> dict[str, Value] | Unknown | None:
    """Return the only nested block of a kind, or the unknown value that may be one."""
    return next(iter(blocks_or_unknown(value)), None)
