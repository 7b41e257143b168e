"""Mark the unknown parts of a planned object.

Follows `after_unknown` of https://developer.hashicorp.com/terraform/internals/json-format#change-representation and
Terraform's `omitUnknowns`, which leaves unknown parts out of `after`.
"""

from __future__ import annotations

from typing import Any

from tfcheck.plan.edited import Path, is_plain, without_edited_arns
from tfcheck.symbolic.value import Symbol, Unknown, Value


def overlay(after: Any, after_unknown: Any, owner: str, path: Path = ()) -> Value:
    """Put an `Unknown` into `after` wherever `after_unknown` is true.

    `after` alone cannot be trusted: Terraform omits unknown attributes, so "known after apply" and "not set" look the
    same there. `owner` is the instance's address; each unknown value is its attribute at that path.
    """
    match after_unknown:
        case True:
            return Unknown(Symbol(owner, path))
        case _ if not marks_anything(after_unknown):
            return without_edited_arns(after, owner, path)
        case dict() if after is None or isinstance(after, dict):
            return _object(after, after_unknown, owner, path)
        case list() if isinstance(after, list):
            return _list(after, after_unknown, owner, path)
        case _:
            return Unknown(Symbol(owner, path))


def marks_anything(mask: Any) -> bool:
    """Whether a mask has a `true` leaf; a mask that is only not empty marks nothing."""
    match mask:
        case bool():
            return mask
        case dict():
            return any(map(marks_anything, mask.values()))
        case list():
            return any(map(marks_anything, mask))
        case _:
            return False


def is_masked(mask: Any, name: str) -> bool:
    """Whether a sensitivity mask marks the whole object, its member `name`, or anything in that."""
    return mask is True or (isinstance(mask, dict) and marks_anything(mask.get(name)))


def _object(after: dict[str, Any] | None, mask: dict[str, Any], owner: str, path: Path) -> Value:
    after = after or {}
    result = {
        name: value
        if name not in mask and is_plain(name, value)
        else overlay(value, mask.get(name), owner, (*path, name))
        for name, value in after.items()
    }
    for name, part in mask.items():
        if name not in after and marks_anything(part):
            result[name] = overlay(None, part, owner, (*path, name))
    return result


def _list(after: list[Any], mask: list[Any], owner: str, path: Path) -> Value:
    """Overlay a list element by element; Terraform 0.13 omits unknown elements of sets instead of writing null."""
    dropped = len(mask) - len(after)
    if dropped > 0:
        if mask.count(True) != dropped:
            return Unknown(Symbol(owner, path))
        rest = iter(after)
        after = [None if part is True else next(rest) for part in mask]
    parts = mask + [False] * (len(after) - len(mask))
    pairs = enumerate(zip(after, parts, strict=True))
    return [overlay(each, part, owner, (*path, at)) for at, (each, part) in pairs if not _is_leftover(each, part)]


def _is_leftover(block: Any, mask: Any) -> bool:
    """Whether a block is one of the empty ones, with an empty text, that the SDK leaves in sets with unknown parts."""
    return isinstance(block, dict) and not marks_anything(mask) and "" in block.values() and not any(block.values())
