"""Functions on sets.

See https://developer.hashicorp.com/terraform/language/functions/setunion and its kin. All arguments are converted to
sets of one type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from tfcheck.hcl.evaluate.convert import build_set, sequence, unify
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import equal_values
from tfcheck.hcl.functions.arguments import Function, unknown_result
from tfcheck.symbolic.value import Set, Truth, Unknown, Value

Combine: TypeAlias = Callable[[Sequence[list[Value]]], list[Value]]


def toset(items: Value) -> Value:
    """Build a set: one type, no duplicates, in Terraform's order."""
    return items if items is None or isinstance(items, Set) else build_set(unify(sequence(items)))


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
    "toset": Function(toset, "~shaped", partial=True),
    "setintersection": Function(setintersection, "any*", partial=True),
    "setsubtract": Function(setsubtract, "any any", partial=True),
    "setunion": Function(setunion, "any*", partial=True),
}
