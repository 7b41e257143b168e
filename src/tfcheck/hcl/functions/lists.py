"""Functions on lists and sets, also with unknown elements.

See https://developer.hashicorp.com/terraform/language/functions (collection functions). Functions that only move
elements also move unknown ones. If the result depends on whether two unknown elements are equal, it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise, product
from math import prod
from types import NoneType
from typing import TypeAlias

import msgspec

from tfcheck.hcl.evaluate.convert import (
    build_set,
    keep_unconverted,
    sequence,
    to_bool,
    unify,
    unify_elements,
    without_equals,
)
from tfcheck.hcl.evaluate.elements import OPEN_ORDER, Unordered, element_symbol
from tfcheck.hcl.evaluate.scope import EvaluationError, LimitError
from tfcheck.hcl.evaluate.types import EmptyList, equal_values, is_definitely_text
from tfcheck.hcl.functions.arguments import Function, afford, limit_error, unknown_result
from tfcheck.hcl.functions.strings import length_of
from tfcheck.symbolic.beginnings import beginning
from tfcheck.symbolic.limits import REASON
from tfcheck.symbolic.numbers import plain
from tfcheck.symbolic.value import JsonText, Set, Text, Truth, Unknown, Value, is_known, is_never_empty

_MOST_RANGE = 1024
_DEEPEST = 50


def length(value: Value) -> Value:
    """Return the number of elements of a collection or of characters of a string."""
    match value:
        case str() | Text() | JsonText() | Unknown() if is_definitely_text(value):
            return length_of(value)
        case Unknown():
            return unknown_result(value, may_fail=True)
        case list() | dict():
            return len(value)
        case Set():
            return len(value.items)
        case _:
            raise EvaluationError("only collections and strings have a length")


def concat(*lists: list[Value]) -> Value:
    """Concatenate lists."""
    if not lists:
        raise EvaluationError("at least one argument is required")
    afford(elements=sum(map(len, lists)), steps=sum(map(len, lists)))
    together = [item for items in lists for item in items]
    for empty in lists:
        if isinstance(empty, EmptyList) and not all(map(is_definitely_text, together)):
            together = keep_unconverted(together, empty)
    kinds = [
        {_primitive(item) for item in items if item is not None and not _is_open(item)} for items in lists if items
    ]
    if any(len(each) > 1 or None in each for each in kinds):
        return together
    shared = set().union(*kinds)
    if shared - {str} and (str in shared or set() in kinds):
        # Lists would become one list of strings, tuples would not; values do not show which they are.
        converted = Unknown(reason="an element of lists of different types, which may have to be converted")
        return [item if item is None or isinstance(item, str) or _is_open(item) else converted for item in together]
    return together


def _is_open(item: Value) -> bool:
    return isinstance(item, Unknown) and not is_definitely_text(item)


def _primitive(item: Value) -> type | None:
    if isinstance(item, bool):
        return bool
    if isinstance(item, (int, float, Fraction)):
        return int
    return str if is_definitely_text(item) else None


def flatten(items: Value) -> Value:
    """Flatten nested lists recursively."""
    flat: list[Value] = []
    _flatten(items, flat, 0)
    waits: list[Value] = [item for item in flat if _is_open(item)]
    # An unknown element may be a list of any length.
    return unknown_result(waits, may_fail=True) if waits else flat


def _flatten(value: Value, flat: list[Value], depth: int) -> None:
    if depth > _DEEPEST:
        raise limit_error("lists nested so deeply")
    if isinstance(value, list) or (isinstance(value, Set) and is_known(value)):
        for item in sequence(value):
            _flatten(item, flat, depth + 1)
    else:
        flat.append(unknown_result(value) if isinstance(value, Set) else value)


def distinct(items: list[Value]) -> Value:
    """Keep the first of equal elements."""
    items = unify(items)
    if all(isinstance(item, str) for item in items):
        return list({str(item): item for item in items}.values())
    different = without_equals(items)
    return _unknown_equality(items) if different is None else different


def _unknown_equality(items: Value) -> Unknown:
    """Return the unknown result where the equality of two elements is unknown, or the run's allowance is used up."""
    if is_known(items):
        raise LimitError(REASON)
    return unknown_result(items)


def compact(items: list[Value]) -> Value:
    """Drop null and empty strings."""
    for item in items:
        if not is_known(item) and not is_never_empty(item):
            return unknown_result(items)
    return [item for item in items if item is not None and item != ""]


def element(items: list[Value], index: int) -> Value:
    """Return an element, with the index wrapping around."""
    if not items:
        raise EvaluationError("an empty list has no elements")
    if isinstance(items, Unordered) and len(items) > 1:
        return Unknown(reason=OPEN_ORDER)
    # NOTE: Terraform before 1.12 accepts no negative index for tuples; a plan that succeeded has a list.
    return items[index % len(items)]


def index(items: list[Value], wanted: Value) -> Value:
    """Return the position of the first element that equals `wanted`."""
    for position, item in enumerate(items):
        truth = equal_values(item, wanted)
        if truth is Truth.UNKNOWN:
            _unknown_equality([item, wanted])
            return unknown_result([item, wanted], may_fail=True)
        if truth is Truth.TRUE:
            return position
    raise EvaluationError("the item was not found")


def contains(items: Value, wanted: Value) -> Value:
    """Whether an element equals `wanted`; a number never equals a string."""
    members = sequence(items)
    truth = Truth.some(equal_values(item, wanted) for item in members)
    return _unknown_equality([*members, wanted]) if truth is Truth.UNKNOWN else truth is Truth.TRUE


def slice_(items: list[Value], start: int, end: int) -> Value:
    """Return the elements from `start` up to but not including `end`."""
    if not 0 <= start <= end <= len(items):
        raise EvaluationError("the slice does not lie within the list")
    return items[start:end]


def sort(items: list[Value]) -> Value:
    """Sort strings by code point; partly unknown ones if their known beginnings decide the order."""
    if None in items:
        raise EvaluationError("an element of the list is null")
    pairs = ((beginning(item), item) for item in items)
    together = sorted(pairs, key=lambda each: (each[0].known, not each[0].is_whole))
    for (first, _), (second, _) in pairwise(together):
        if not first.is_whole and second.known.startswith(first.known):
            return unknown_result(items, may_fail=True)
    return [item for _, item in together]


def range_(*limits: int | Fraction) -> Value:
    """Return the numbers from a start (0) to a limit, by a step (1, or -1 downwards)."""
    if not 1 <= len(limits) <= 3:
        raise EvaluationError("one, two or three arguments are required")
    start, limit = (Fraction(0), limits[0]) if len(limits) == 1 else limits[:2]
    if start == limit:
        return []
    step = limits[2] if len(limits) == 3 else (-1 if limit < start else 1)
    if step == 0 or (limit < start and step > 0) or (limit > start and step < 0):
        raise EvaluationError("the step does not lead to the limit")
    if any((denominator := Fraction(each).denominator) & (denominator - 1) for each in (start, step)):
        raise limit_error("a range in steps that Terraform rounds")
    count = -((limit - start) // -step)
    if count > _MOST_RANGE:
        raise EvaluationError("more than 1024 values")
    if isinstance(limit, int) and isinstance(step, int) and start == int(start):
        afford(elements=int(count))
        return list(range(int(start), int(start) + int(count) * step, step))
    afford(elements=int(count), steps=4 * int(count))
    return [plain(start + index * Fraction(step)) for index in range(int(count))]


def chunklist(items: list[Value], size: int) -> Value:
    """Split into lists of `size` elements; 0 means one list."""
    if size < 0:
        raise EvaluationError("the size is negative")
    if not items:
        return []
    size = size or len(items)
    unified = unify(items)
    return [unified[start : start + size] for start in range(0, len(unified), size)]


def matchkeys(values: list[Value], keys: list[Value], wanted: list[Value]) -> Value:
    """Return the values whose keys, by position, are in `wanted`."""
    if len(values) != len(keys):
        raise EvaluationError("the lists differ in length")
    # NOTE: Terraform converts the two lists of keys to one type.
    together = unify([*keys, *wanted])
    searched = together[len(keys) :]
    found: list[Value] = []
    for value, key in zip(unify(values), together, strict=False):
        truth = Truth.some(equal_values(key, other, alike=True) for other in searched)
        if truth is Truth.UNKNOWN:
            return _unknown_equality([values, keys, wanted])
        found += [value] if truth is Truth.TRUE else []
    return found


def setproduct(*groups: Value) -> Value:
    """Combine every element of each group with every one of the others; a set if one group is a set."""
    if len(groups) < 2:
        raise EvaluationError("at least two arguments are required")
    if any(isinstance(group, Unknown) or (isinstance(group, Set) and not is_known(group)) for group in groups):
        return unknown_result(list(groups), may_fail=True)
    members = [sequence(group) for group in groups]
    total = prod(map(len, members))
    afford(elements=total, steps=total * len(groups) // 4)
    combined: list[Value] = [list(each) for each in product(*map(unify, members))]
    return build_set(combined) if any(isinstance(group, Set) for group in groups) else combined


def coalescelist(*lists: Value) -> Value:
    """Return the first list that is not empty. A null of a list's type is left out, an untyped one is an error."""
    if not all(isinstance(items, (list, Unknown, NoneType)) for items in lists):
        raise EvaluationError("a list is required")
    if None in lists and any(lists):
        return Unknown(reason="the type of a null decides", may_fail=True)
    # NOTE: Terraform refuses an unknown string only once it is known.
    wrong = [items for items in lists if isinstance(items, Unknown) and is_definitely_text(items)]
    for items in (*wrong, *lists):
        if isinstance(items, Unknown):
            return unknown_result(items, may_fail=True)
        if items:
            return items
    raise EvaluationError("all lists are empty")


def one(items: Value) -> Value:
    """Return the only element, null if there is none."""
    match items:
        case Unknown():
            only = element_symbol(items.symbol, 0) if items.symbol is not None else None
            return msgspec.structs.replace(unknown_result(items, may_fail=True), symbol=only)
        case _:
            members = sequence(items)
            if len(members) > 1:
                raise EvaluationError("there is more than one element")
            return members[0] if members else None


def are_true(items: list[Value], combine: Callable[[Iterable[Truth]], Truth]) -> Value:
    """Whether every element, or some element, is true."""
    # The conversion of every element must succeed, also of those that do not matter.
    converted = [to_bool(item) for item in items]
    truth = combine(Truth.UNKNOWN if isinstance(each, Unknown) else Truth.of(each is True) for each in converted)
    return unknown_result(converted) if truth is Truth.UNKNOWN else truth is Truth.TRUE


#: Combines sets whose elements are of one type.
Combine: TypeAlias = Callable[[Sequence[list[Value]]], list[Value]]


def toset(items: Value) -> Value:
    """Build a set: one type, no duplicates, in Terraform's order."""
    return items if items is None or isinstance(items, Set) else build_set(unify_elements(sequence(items)))


def setunion(*groups: Value) -> Value:
    """Return the union of all groups."""
    return _combine(groups, lambda sets: [item for items in sets for item in items])


def setintersection(*groups: Value) -> Value:
    """Return the intersection of all groups."""
    return _combine(
        groups, lambda sets: [item for item in sets[0] if all(_contains(items, item) for items in sets[1:])]
    )


def setsubtract(first: Value, second: Value) -> Value:
    """Return the elements of `first` that are not in `second`."""
    return _combine((first, second), lambda sets: [item for item in sets[0] if not _contains(sets[1], item)])


class _UndecidedError(Exception):
    """Whether two elements are equal is unknown."""


def _combine(groups: Sequence[Value], combine: Combine) -> Value:
    if not groups:
        raise EvaluationError("at least one set is required")
    if any(isinstance(group, Unknown) for group in groups):
        return unknown_result(list(groups), may_fail=True)
    # NOTE: every group must have a type of its own before all are converted to one.
    members = [unify(sequence(group)) for group in groups]
    unified = iter(unify([item for items in members for item in items]))
    sets = [[next(unified) for _ in items] for items in members]
    try:
        return build_set(combine(sets))
    except _UndecidedError:
        return unknown_result(list(groups))


def _contains(items: Sequence[Value], wanted: Value) -> bool:
    truth = Truth.some(equal_values(item, wanted, alike=True) for item in items)
    if truth is Truth.UNKNOWN:
        raise _UndecidedError
    return truth is Truth.TRUE


FUNCTIONS = {
    "alltrue": Function(partial(are_true, combine=Truth.every), "sequence", partial=True),
    "anytrue": Function(partial(are_true, combine=Truth.some), "sequence", partial=True),
    "chunklist": Function(chunklist, "sequence integer", partial=True),
    "coalescelist": Function(coalescelist, "~any*", partial=True),
    "compact": Function(compact, "strings", partial=True),
    "concat": Function(concat, "list*", partial=True),
    "contains": Function(contains, "shaped any", partial=True),
    "distinct": Function(distinct, "sequence", partial=True),
    "element": Function(element, "list integer", partial=True),
    "flatten": Function(flatten, "sequence", partial=True),
    "index": Function(index, "list any", partial=True),
    "length": Function(length, "any", partial=True),
    "matchkeys": Function(matchkeys, "sequence sequence sequence", partial=True),
    "one": Function(one, "any", partial=True),
    "range": Function(range_, "number*"),
    "reverse": Function(lambda items: items[::-1], "sequence", partial=True),
    "setintersection": Function(setintersection, "any*", partial=True),
    "setproduct": Function(setproduct, "any*", partial=True),
    "setsubtract": Function(setsubtract, "any any", partial=True),
    "setunion": Function(setunion, "any*", partial=True),
    "slice": Function(slice_, "list integer integer", partial=True),
    "sort": Function(sort, "strings", partial=True),
    "toset": Function(toset, "~shaped", partial=True),
}
