"""Compare two values as Terraform's `==` does, which distinguishes numbers from strings and lists from tuples.

See https://developer.hashicorp.com/terraform/language/expressions/operators#equality-operators.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tfcheck.hcl.evaluate.types import is_definitely_text
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import exact
from tfcheck.symbolic.value import JsonText, Set, Text, Truth, Unknown, Value

#: Steps for comparing two values; the parts of structures are compared one by one.
_STEPS = 5


def equal_values(left: Value, right: Value, *, alike: bool = False) -> Truth:
    """Compare two values as `==` does.

    Values do not distinguish lists from tuples, nor maps from objects. Two structures with equal contents are equal
    only if both sides are `alike` in that; otherwise the result is unknown, as it is when the run's allowance is used
    up.
    """
    if not take(_STEPS):
        return Truth.UNKNOWN
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _equal_unknown(left, right)
    match left, right:
        case (str(), str()):
            return Truth.of(left == right)
        case (str() | Text() | JsonText(), str() | Text() | JsonText()):
            return equal(left, right)
        case (list(), list()):
            return _equal_lists(left, right, alike=alike)
        case (Set(), Set()):
            contents = _equal_lists(list(left.items), list(right.items), alike=True)
            is_certain = alike or (bool(left.items) and all(isinstance(item, str) for item in left.items))
            if contents is Truth.TRUE and is_certain:
                return Truth.TRUE
            return _may_overlap(left.items, right.items)
        case (Set() | list(), Set() | list()):
            items, others = (each.items if isinstance(each, Set) else each for each in (left, right))
            return _may_overlap(items, others)
        case (dict(), dict()):
            if left.keys() != right.keys():
                return Truth.FALSE
            contents = Truth.every(equal_values(item, right[name], alike=alike) for name, item in left.items())
            return contents if alike or contents is Truth.FALSE else Truth.UNKNOWN
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return Truth.of(left is right)
    first, second = exact(left), exact(right)
    return Truth.of(first is not None and first == second)


def _equal_unknown(left: Value, right: Value) -> Truth:
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return equal(left, right)
    unknown, other = (left, right) if isinstance(left, Unknown) else (right, left)
    if is_definitely_text(other):
        return equal(unknown, other)
    return Truth.FALSE if is_definitely_text(unknown) else Truth.UNKNOWN


def _equal_lists(left: list[Value], right: list[Value], *, alike: bool) -> Truth:
    if not alike:
        return _may_overlap(left, right)
    if len(left) != len(right):
        return Truth.FALSE
    return Truth.every(equal_values(one, other, alike=True) for one, other in zip(left, right, strict=True))


def _may_overlap(left: Sequence[Value], right: Sequence[Value]) -> Truth:
    """Return FALSE if one side has an element that the other definitely lacks.

    Order and repetition do not count, since either may be a set that the plan shows as a list.
    """
    some = _has_missing(left, right) or _has_missing(right, left)
    return Truth.FALSE if some else Truth.UNKNOWN


def _has_missing(items: Iterable[Value], others: Sequence[Value]) -> bool:
    return any(all(equal_values(item, other) is Truth.FALSE for other in others) for item in items)
