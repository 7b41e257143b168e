"""Evaluate a function without evaluating all of a resource or module passed to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcheck.hcl.evaluate.elements import element, gather, is_referent, known_element, member
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen

_MOVING = frozenset({"chunklist", "concat", "element", "merge", "one", "reverse", "slice", "values"})


def call_lazily(name: str, arguments: Sequence[Seen]) -> tuple[bool, Seen]:
    """Return whether a function only moves the members of lazy arguments, as `values` does, and its result."""
    if name == "element" and len(arguments) == 2 and (known := known_element(*arguments)) is not None:
        return True, known
    if not any(is_referent(argument) for argument in arguments):
        return False, None
    keys = arguments[0].keys() if is_referent(arguments[0]) else None
    match name, keys, arguments:
        case "length", int(), [_]:
            return True, keys
        case "length" | "keys", Sequence(), [_]:
            return True, len(keys) if name == "length" else [*sorted(keys)]
        case "lookup", Sequence(), [members, str() as key, *default] if len(default) <= 1:
            if key not in keys and not default:
                raise EvaluationError("no such key, and no default")
            return True, member(members, str(key)) if key in keys else default[0]
    return _move_members(name, list(map(_open, arguments))) if name in _MOVING else (False, None)


def _open(argument: Seen) -> Any:
    """Return a resource or a module as the list or the object of its members, which stay lazy."""
    keys = argument.keys() if is_referent(argument) else None
    if isinstance(keys, int):
        return [element(argument, position) for position in range(keys)]
    return argument if keys is None else {key: member(argument, key) for key in keys}


def _move_members(name: str, arguments: Sequence[Any]) -> tuple[bool, Seen]:
    first, *numbers = arguments
    if not all(isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in numbers):
        numbers = [None]
    match name, first, numbers:
        case "values", dict(), []:
            return True, gather([first[key] for key in sorted(first)])
        case "reverse", list(), []:
            return True, gather(first[::-1])
        case "one", list(), []:
            if len(first) > 1:
                raise EvaluationError("more than one element")
            return True, first[0] if first else None
        case "element", [_, *_], [int(position)]:
            return True, first[position % len(first)]
        case "slice", list(), [int(start), int(end)] if start <= end <= len(first):
            return True, gather(first[start:end])
        case "chunklist", list(), [int(size)] if size:
            return True, gather([gather(first[start : start + size]) for start in range(0, len(first), size)])
        case "concat", _, _ if all(isinstance(each, list) for each in arguments):
            return True, gather([item for items in arguments for item in items])
        case "merge", _, _ if all(isinstance(each, dict | None) for each in arguments):
            return True, gather({key: item for members in arguments for key, item in (members or {}).items()})
    return False, None  # also for an error, which the function itself reports
