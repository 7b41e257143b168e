"""Evaluate a function without evaluating all of a resource or module passed to it."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.hcl.evaluate.elements import element, elements, evaluate_all, gather, is_referent, known_element, member
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.symbolic.value import Unknown


def call_lazily(name: str, arguments: Sequence[Seen]) -> tuple[bool, Seen]:
    """Return whether a function only moves the members of lazy arguments, as `values` does, and its result."""
    if name == "element" and len(arguments) == 2 and (known := known_element(*arguments)) is not None:
        return True, known
    if not any(is_referent(argument) for argument in arguments):
        return False, None
    match name:
        case "length" | "keys" | "values" | "one" | "reverse" if len(arguments) == 1:
            return _call_on_members(name, arguments[0])
        case "lookup" if 2 <= len(arguments) <= 3 and isinstance(arguments[1], str):
            return _lookup(arguments)
        case "element" | "slice" | "chunklist":
            return _call_on_positions(name, arguments)
        case "concat":
            return _concat(arguments)
        case "merge":
            return _merge(arguments)
        case _:
            return False, None


def _call_on_members(name: str, argument: Seen) -> tuple[bool, Seen]:
    keys = argument.keys() if is_referent(argument) else None
    if keys is None:
        return False, None
    if name == "length":
        return True, keys if isinstance(keys, int) else len(keys)
    if not isinstance(keys, int):
        if name == "keys":
            return True, [*sorted(keys)]
        return (True, gather([member(argument, each) for each in sorted(keys)])) if name == "values" else (False, None)
    if name == "reverse":
        return True, gather([element(argument, position) for position in reversed(range(keys))])
    if name != "one":
        return False, None
    if keys > 1:
        raise EvaluationError("more than one element")
    items = elements(argument)
    return True, items[0][1] if items and not isinstance(items, Unknown) else None


def _call_on_positions(name: str, arguments: Sequence[Seen]) -> tuple[bool, Seen]:
    source, *numbers = (argument if is_referent(argument) else evaluate_all(argument) for argument in arguments)
    length = source.keys() if is_referent(source) else None
    known = [each for each in numbers if isinstance(each, int) and not isinstance(each, bool) and each >= 0]
    if not isinstance(length, int) or len(known) < len(numbers):
        return False, None
    items = [element(source, position) for position in range(length)]
    match name, known:
        case "element", [position] if length:
            return True, items[position % length]
        case "slice", [start, end] if start <= end <= length:
            return True, gather(items[start:end])
        case "chunklist", [size] if size:
            return True, gather([gather(items[start : start + size]) for start in range(0, length, size)])
        case _:
            return False, None  # an error, which the function itself reports


def _lookup(arguments: Sequence[Seen]) -> tuple[bool, Seen]:
    keys = arguments[0].keys() if is_referent(arguments[0]) else None
    if keys is None or isinstance(keys, int):
        return False, None
    name = str(arguments[1])
    if name in keys:
        return True, member(arguments[0], name)
    if len(arguments) == 2:
        raise EvaluationError("no such key, and no default")
    return True, arguments[2]


def _concat(arguments: Sequence[Seen]) -> tuple[bool, Seen]:
    joined: list[Seen] = []
    for argument in arguments:
        if not isinstance(argument, list) and not (is_referent(argument) and isinstance(argument.keys(), int)):
            return False, None
        items = elements(argument)
        joined += [] if isinstance(items, Unknown) else [item for _, item in items]
    return True, gather(joined)


def _merge(arguments: Sequence[Seen]) -> tuple[bool, Seen]:
    merged: dict[str, Seen] = {}
    for argument in arguments:
        keys = argument.keys() if is_referent(argument) else argument if isinstance(argument, dict) else None
        if isinstance(keys, int) or (keys is None and argument is not None):
            return False, None
        merged.update({name: member(argument, name) for name in keys or ()})
    return True, gather(merged)
