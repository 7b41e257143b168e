"""What is certain of a value that is one of several."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import msgspec

from tfcheck.symbolic.value import JsonText, ListStart, OneOf, Set, Unknown, Value, items, parts_of


def values_of(value: Value) -> tuple[Value, ...]:
    """Return the values that a choice is between; any other value alone."""
    return value.values if isinstance(value, OneOf) and value.values else (value,)


def is_choice(value: Value) -> bool:
    """Whether a value is one of several."""
    return isinstance(value, OneOf) and value.values != ()


def is_structural(choice: OneOf) -> bool:
    """Whether a choice is not only between texts and what one of them may be."""
    return any(each is None or isinstance(each, (list, dict, Set)) for each in choice.values)


def without_choice(value: Unknown) -> Unknown:
    """Return an unknown value without what it may be."""
    return msgspec.structs.replace(value, values=()) if isinstance(value, OneOf) else value


def or_empty(value: Value, reason: Unknown) -> Value:
    """Return a choice between a text and the empty one."""
    if not value:
        return ""
    values = (value, "") if isinstance(value, str) else ()
    return OneOf(reason=reason.reason, where=reason.where, values=values)


def distinct_values(values: Iterable[Value]) -> list[Value]:
    """Return values, and those of choices among them, without duplicates."""
    distinct: dict[Hashable, Value] = {}
    for each in (inner for value in values for inner in values_of(value)):
        distinct.setdefault(likeness(each), each)
    return list(distinct.values())


def likeness(value: Value) -> Hashable:
    """Return what two values have in common if they are one and the same, or are unknown for the same reason."""
    match value:
        case dict():
            return type(value), *((name, likeness(value[name])) for name in sorted(value))
        case list() | Set() | JsonText():
            return type(value), *map(likeness, parts_of(value))
        case ListStart():
            return type(value), value.symbol, value.reason, *map(likeness, value.first)
        case OneOf():
            return type(value), value.symbol, value.reason, *map(likeness, value.values)
        case _:
            return type(value), value


def possible_elements(value: Value) -> list[tuple[Value, bool]]:
    """Return the elements that a list has or may have, each with whether it certainly has it.

    What is not a list or a set is one element; null is none if it is one of several values.
    """
    if not is_choice(value):
        return _elements(value)
    lists = sorted(([] if each is None else _elements(each) for each in values_of(value)), key=len, reverse=True)
    certain = [{likeness(each) for each, is_sure in listed if is_sure} for listed in lists]
    shared = set.intersection(*certain)
    return [(each, likeness(each) in shared) for each in distinct_values(each for one in lists for each, _ in one)]


def possible_items(value: Value) -> list[tuple[Value, bool]] | Unknown:
    """Return the elements that a list or a set has or may have, as `items` does; null has none."""
    if is_choice(value):
        return possible_elements(value)
    listed = items(value)
    return listed if isinstance(listed, Unknown) else [(each, True) for each in listed]


def items_or_choices(value: Value) -> tuple[Value, ...] | Unknown:
    """Return the elements of a list; one that it may lack is a choice between the element and null."""
    listed = possible_items(value)
    if isinstance(listed, Unknown):
        return listed
    return tuple(each if is_certain else OneOf(values=(each, None)) for each, is_certain in listed)


def _elements(value: Value) -> list[tuple[Value, bool]]:
    found: list[tuple[Value, bool]] = []
    for each in parts_of(value) if isinstance(value, (list, Set)) else [value]:
        values = values_of(each)
        found += [(inner, len(values) == 1) for inner in values if len(values) == 1 or inner is not None]
    return found
