"""What do the nested blocks of a resource hold?"""

from __future__ import annotations

from tfcheck.value import Set, Value


def blocks(value: Value) -> list[dict[str, Value]]:
    """Give the nested blocks that are known, in order."""
    listed = value.items if isinstance(value, Set) else value if isinstance(value, list) else ()
    return [each for each in listed if isinstance(each, dict)]


def only(value: Value) -> dict[str, Value] | None:
    """Give the one nested block of a kind of which there is at most one."""
    return next(iter(blocks(value)), None)
